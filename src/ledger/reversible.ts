import { assert, present } from "../kernel/assert.js";
import { type Credits, minCredits, sumCredits, zeroCredits } from "../kernel/credits.js";
import type { HoldId, PurchaseId } from "../kernel/ids.js";
import { emptyLot, type Lot, type LotSlice, type NewLot } from "./lots.js";
import type { TransferKind } from "./movements.js";

/** What is known of a wallet beside its book when purchases are reversed or reinstated. */
export interface Reversible {
  /** Those that the batch names or has granted. */
  readonly purchases: ReadonlyMap<PurchaseId, ReversiblePurchase>;
  /** What each lot has paid of the wallet's debts and not got back; who paid last stands last. */
  readonly repaid: readonly LotSlice[];
  /** The lots that credits may return to, by number: they may be empty by now. */
  readonly lots: ReadonlyMap<number, LotTerms>;
}

export interface ReversiblePurchase {
  /** The purchase's own lot. */
  readonly lotNo: number;
  readonly granted: Credits;
  /** What was taken and not given back, in the order in which it was taken. */
  readonly taken: readonly Taking[];
  /** What is set aside in its lot for money that may go back: those for a refund first. */
  readonly reserves: readonly OpenReserve[];
}

/** For a refund that is under way, or because the bank of the payer has warned of fraud. */
export const reservePurposes = ["refund", "fraud_warning"] as const;
export type ReservePurpose = (typeof reservePurposes)[number];

/** Credits of a purchase that are set aside in its own lot. */
export interface OpenReserve {
  readonly id: HoldId;
  readonly purpose: ReservePurpose;
  readonly amount: Credits;
}

/** A reserve about to be placed. Its first transfer fills it. */
export interface NewReserve extends OpenReserve {
  readonly purchaseId: PurchaseId;
}

/** Credits that a reversal took from a lot, or, with `null`, made the wallet owe. */
export interface Taking {
  readonly lotNo: number | null;
  readonly amount: Credits;
}

/** What of a lot never changes. */
export type LotTerms = Pick<Lot, "lotNo" | "source" | "priority" | "expiresAt">;

interface Step {
  readonly kind: TransferKind;
  readonly lotNo: number | null;
  readonly amount: Credits;
  readonly reserveId?: HoldId;
}

/** What was reversed of a purchase: taken and not given back. */
export function reversedOf({ taken }: Pick<ReversiblePurchase, "taken">): Credits {
  return sumCredits(taken.map(({ amount }) => amount));
}

/** `amount` of what was taken, the last taken first. There must be as much. */
export function lastTaken(taken: readonly Taking[], amount: Credits): readonly Taking[] {
  const last: Taking[] = [];
  let open = amount;
  for (const { lotNo, amount: there } of taken.toReversed()) {
    if (open === 0n) break;
    const part = minCredits(open, there);
    last.push({ lotNo, amount: part });
    open = (open - part) as Credits;
  }
  assert(open === 0n, "only what was taken is given back");
  return last;
}

/** What is left of takings after the last `amount` of them was given back. */
export function withoutLast(taken: readonly Taking[], amount: Credits): readonly Taking[] {
  const left = [...taken];
  let open = amount;
  while (open > 0n) {
    const last = present(left.pop(), "only what was taken is given back");
    const part = minCredits(open, last.amount);
    if (part < last.amount) left.push({ ...last, amount: (last.amount - part) as Credits });
    open = (open - part) as Credits;
  }
  return left;
}

/** The lots that steps give credits to and that were empty before. */
export function reopen(
  reversible: Reversible | null,
  lots: readonly Lot[],
  steps: readonly Step[],
): readonly Lot[] {
  if (reversible === null) return [];
  const empty = new Set<number>();
  for (const { kind, lotNo } of steps) {
    if (lotNo === null || !(kind === "reinstatement" || kind === "repayment_returned")) continue;
    if (!lots.some((lot) => lot.lotNo === lotNo)) empty.add(lotNo);
  }
  return [...empty].map((lotNo) => {
    const terms = present(reversible.lots.get(lotNo), "credits return to known lots");
    return { ...terms, remaining: zeroCredits, held: zeroCredits };
  });
}

/** Carries along what later movements of the same batch need to know. */
export function reversibleAfter(
  { reversible, lots }: { readonly reversible: Reversible | null; readonly lots: readonly Lot[] },
  posted: {
    readonly newLots: readonly NewLot[];
    readonly newReserves: readonly NewReserve[];
    readonly steps: readonly Step[];
    readonly purchaseId: PurchaseId | undefined;
  },
): Reversible | null {
  if (reversible === null) return null;
  const { newLots, newReserves, steps, purchaseId } = posted;
  const purchases = new Map(reversible.purchases);
  for (const lot of newLots)
    if (lot.purchaseId !== null) purchases.set(lot.purchaseId, boughtNow(lot));
  const purchase = purchaseId === undefined ? undefined : purchases.get(purchaseId);
  if (purchaseId !== undefined && purchase !== undefined)
    purchases.set(purchaseId, {
      ...purchase,
      taken: takenAfter(purchase.taken, steps),
      reserves: reservesAfter([...purchase.reserves, ...newReserves], steps),
    });
  return {
    purchases,
    repaid: repaidAfter(reversible.repaid, steps),
    lots: termsAfter(reversible.lots, [...lots, ...newLots.map(emptyLot)], steps),
  };
}

function boughtNow({ lotNo, granted }: NewLot): ReversiblePurchase {
  return { lotNo, granted, taken: [], reserves: [] };
}

/** Without what steps released of them, and those of which nothing is left. */
function reservesAfter(
  reserves: readonly OpenReserve[],
  steps: readonly Step[],
): readonly OpenReserve[] {
  const left = reserves.map(({ id, purpose, amount }) => {
    const released = steps.filter(({ kind, reserveId }) => reserveId === id && kind === "release");
    return {
      id,
      purpose,
      amount: (amount - sumCredits(released.map((step) => step.amount))) as Credits,
    };
  });
  return left.filter(({ amount }) => amount > 0n).toSorted(compareReserves);
}

function compareReserves(a: OpenReserve, b: OpenReserve): number {
  return reservePurposes.indexOf(a.purpose) - reservePurposes.indexOf(b.purpose);
}

function takenAfter(taken: readonly Taking[], steps: readonly Step[]): readonly Taking[] {
  let after = taken;
  for (const { kind, lotNo, amount } of steps) {
    if (kind === "reversal" || kind === "reversal_debt") after = [...after, { lotNo, amount }];
    if (kind === "reinstatement" || kind === "reinstatement_debt")
      after = withoutLast(after, amount);
  }
  return after;
}

function repaidAfter(repaid: readonly LotSlice[], steps: readonly Step[]): readonly LotSlice[] {
  const byLot = new Map(repaid.map(({ lotNo, amount }) => [lotNo, amount]));
  for (const { kind, lotNo, amount } of steps) {
    if (lotNo === null || !(kind === "debt_repayment" || kind === "repayment_returned")) continue;
    const before = byLot.get(lotNo) ?? zeroCredits;
    if (kind === "repayment_returned") byLot.set(lotNo, (before - amount) as Credits);
    else {
      byLot.delete(lotNo); // so that it stands last
      byLot.set(lotNo, (before + amount) as Credits);
    }
  }
  return [...byLot].flatMap(([lotNo, amount]) => (amount > 0n ? [{ lotNo, amount }] : []));
}

/** A lot that credits were taken from may be empty, and so unknown to the book, when they return. */
function termsAfter(
  known: ReadonlyMap<number, LotTerms>,
  lots: readonly Lot[],
  steps: readonly Step[],
): ReadonlyMap<number, LotTerms> {
  const terms = new Map(known);
  for (const { kind, lotNo } of steps) {
    if (lotNo === null || !(kind === "debt_repayment" || kind === "reversal")) continue;
    const lot = lots.find((each) => each.lotNo === lotNo);
    if (lot === undefined) continue;
    const { source, priority, expiresAt } = lot;
    terms.set(lotNo, { lotNo, source, priority, expiresAt });
  }
  return terms;
}
