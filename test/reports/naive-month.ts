/** A month reckoned the slow way: every transfer since the beginning, lot by lot, one after the other. */

export interface NaiveTransfer {
  readonly cause_id: string;
  readonly wallet_id: string;
  readonly lot_no: number | null;
  readonly kind: string;
  readonly amount: bigint;
  readonly debit_account: string;
  readonly credit_account: string;
  readonly created_at: Date;
}

export interface NaiveReversal {
  readonly id: string;
  readonly purchase_id: string;
}

export interface NaiveLot {
  readonly purchase_id: string | null;
  readonly wallet_id: string;
  readonly lot_no: number;
  readonly currency: string | null;
  readonly cost_minor: bigint | null;
  readonly granted: bigint;
}

type Sums = Record<string, { credits: bigint; costMinor: bigint }>;

const inLot = (account: string) => account === "available" || account === "held";
const changeOf = ({ amount, debit_account, credit_account }: NaiveTransfer) =>
  (inLot(credit_account) ? amount : 0n) - (inLot(debit_account) ? amount : 0n);
const owedBy = ({ amount, debit_account, credit_account }: NaiveTransfer) =>
  (debit_account === "debt" ? amount : 0n) - (credit_account === "debt" ? amount : 0n);

/** What was earned of a lot once so much of it is gone: its share of the cost, rounded down. */
const earned = ({ cost_minor, granted }: NaiveLot, left: bigint) => {
  const share = (cost_minor ?? 0n) * (granted - left);
  const whole = share / granted;
  return share < 0n && share % granted !== 0n ? whole - 1n : whole;
};

/** By currency (`given` for none): what was there, what each kind moved, what was there then. */
export function naiveMonth(
  transfers: readonly NaiveTransfer[],
  lots: readonly NaiveLot[],
  { from, to }: { readonly from: Date; readonly to: Date },
): Readonly<Record<string, Sums>> {
  const months: Record<string, Sums> = {};
  for (const lot of lots) {
    const sums = (months[lot.currency ?? "given"] ??= {});
    const own = transfers.filter((t) => t.wallet_id === lot.wallet_id && t.lot_no === lot.lot_no);
    let left = own.filter((t) => t.created_at < from).reduce((sum, t) => sum + changeOf(t), 0n);
    add(sums, "start", left, valueOf(lot, left));
    const now = own.filter((t) => t.created_at >= from && t.created_at < to);
    // What fills a lot counts before what takes from it.
    for (const fills of [true, false])
      for (const kind of new Set(now.map((t) => t.kind).toSorted(inReportOrder))) {
        const change = now.filter((t) => t.kind === kind).reduce((sum, t) => sum + changeOf(t), 0n);
        if (change === 0n || change > 0n !== fills) continue;
        const value = earned(lot, left + change) - earned(lot, left);
        add(sums, kind, change < 0n ? -change : change, value < 0n ? -value : value);
        left += change;
      }
    add(sums, "end", left, valueOf(lot, left));
  }
  return months;
}

const valueOf = (lot: NaiveLot, left: bigint) => (lot.cost_minor ?? 0n) - earned(lot, left);

/** The order in which a month's kinds share the rounding. */
const order = [
  "purchase",
  "promotion",
  "correction_in",
  "reinstatement",
  "repayment_returned",
  "correction_out",
  "debt_repayment",
  "spend",
  "capture",
  "expire",
  "reversal",
];
const inReportOrder = (a: string, b: string) => order.indexOf(a) - order.indexOf(b);

function add(sums: Sums, name: string, credits: bigint, costMinor: bigint): void {
  const sum = (sums[name] ??= { credits: 0n, costMinor: 0n });
  sum.credits += credits;
  sum.costMinor += costMinor;
}

const reversing: Readonly<Record<string, bigint>> = {
  reversal: 1n,
  reversal_debt: 1n,
  reinstatement: -1n,
  reinstatement_debt: -1n,
};

/** The money that reversals of purchases gave back in a month, less what came again, by currency. */
export function naiveRefunds(
  transfers: readonly NaiveTransfer[],
  lots: readonly NaiveLot[],
  reversals: readonly NaiveReversal[],
  { from, to }: { readonly from: Date; readonly to: Date },
): Readonly<Record<string, bigint>> {
  const refunds: Record<string, bigint> = {};
  for (const { currency, cost_minor, purchase_id, granted } of lots) {
    if (currency === null || cost_minor === null) continue;
    const causes = reversals.filter((each) => each.purchase_id === purchase_id).map(({ id }) => id);
    const moneyBefore = (before: Date) => {
      const reversed = transfers
        .filter((t) => causes.includes(t.cause_id) && t.created_at < before)
        .reduce((sum, t) => sum + t.amount * (reversing[t.kind] ?? 0n), 0n);
      return (cost_minor * reversed) / granted;
    };
    refunds[currency] = (refunds[currency] ?? 0n) + moneyBefore(to) - moneyBefore(from);
  }
  return refunds;
}

/** What all wallets owed before that time. */
export function naiveDebt(transfers: readonly NaiveTransfer[], before: Date): bigint {
  return transfers
    .filter((t) => t.created_at < before)
    .reduce((sum, transfer) => sum + owedBy(transfer), 0n);
}
