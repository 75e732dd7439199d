import { type Credits, minCredits } from "../kernel/credits.js";

/** What Stripe says of the money of one payment that went back, or is on its way back. */
export interface ReturnedMoney {
  readonly chargeId: string;
  /** What was paid, in the minor unit of `currency`. */
  readonly capturedMinor: bigint;
  readonly currency: string;
  readonly refunds: readonly RefundFact[];
  readonly disputes: readonly DisputeFact[];
}

export interface RefundFact {
  /** `re_…` */
  readonly id: string;
  readonly amountMinor: bigint;
  readonly currency: string;
  /** As Stripe says it: the enum is open. */
  readonly status: string;
  readonly createdAt: Date;
}

export interface DisputeFact {
  /** `du_…` */
  readonly id: string;
  readonly amountMinor: bigint;
  readonly currency: string;
  /** For people only: what a dispute takes is told by its movements. */
  readonly status: string;
  readonly movements: readonly DisputeMovement[];
  readonly createdAt: Date;
}

/** One balance transaction of a dispute, without its fee: below zero withdraws, above zero reinstates. */
export interface DisputeMovement {
  readonly amountMinor: bigint;
  /** The currency that the account settles in, which may be another than that of the charge. */
  readonly currency: string;
}

/** How much of a purchase has to be taken back. */
export type Reversed =
  | {
      readonly isClear: true;
      /** Credits that should be taken back in all, 0 to what was granted. */
      readonly target: Credits;
      readonly state: "paid" | "partially_refunded" | "refunded";
      /** A dispute withholds money now. */
      readonly disputed: boolean;
    }
  /** Stripe says something that has no rule here. Nothing is moved by it until a person has looked. */
  | { readonly isClear: false; readonly problem: string };

/** Their money is gone or going. A failed or canceled refund gives it back (Stripe: "Refund statuses"). */
const countedStatuses: ReadonlySet<string> = new Set(["pending", "requires_action", "succeeded"]);
const endedStatuses: ReadonlySet<string> = new Set(["failed", "canceled"]);

/**
 * What should have been taken back of a purchase, from all that Stripe says at this moment, whatever was said before:
 * the share of the credits that is the share of the money. Amounts of a kind are summed first and rounded down once, so
 * 33 + 33 + 34 of 100 take exactly all; money that is back in full takes all, in whatever parts it went. Partial
 * refunds and disputes together never take more than was granted.
 *
 * @param bought `credits` of the whole purchase, and what of them was `granted`: none or all
 */
export function decideReversed(
  bought: { readonly credits: Credits; readonly granted: Credits },
  money: ReturnedMoney,
): Reversed {
  const problem = findUnclear(money);
  if (problem !== undefined) return { isClear: false, problem };
  const { capturedMinor } = money;
  const refundedMinor = refundedOf(money);
  const withheldMinor = withheldOf(money);
  const share = (minor: bigint) =>
    (capturedMinor === 0n ? 0n : (bought.credits * minor) / capturedMinor) as Credits;
  const isAllBack = capturedMinor > 0n && refundedMinor + withheldMinor >= capturedMinor;
  const returned = (share(refundedMinor) + share(withheldMinor)) as Credits;
  return {
    isClear: true,
    target: minCredits(bought.granted, isAllBack ? bought.credits : returned),
    state: stateOf(refundedMinor, capturedMinor),
    disputed: withheldMinor > 0n,
  };
}

function stateOf(refundedMinor: bigint, capturedMinor: bigint) {
  if (refundedMinor === 0n) return "paid";
  return refundedMinor >= capturedMinor ? "refunded" : "partially_refunded";
}

/** What of the money was refunded, or is about to be. */
export function refundedOf({ refunds }: ReturnedMoney): bigint {
  return sum(refunds.map(refundWithholds));
}

/** What a refund takes or is about to take, in the minor unit of its currency. */
export function refundWithholds({
  status,
  amountMinor,
}: Pick<RefundFact, "status" | "amountMinor">): bigint {
  return countedStatuses.has(status) ? amountMinor : 0n;
}

/** What disputes withhold of it now. */
export function withheldOf({ disputes }: ReturnedMoney): bigint {
  return sum(
    disputes.map((dispute) => {
      const moved = disputeTotals(dispute);
      return moved === undefined ? 0n : moved.withdrawnMinor - moved.reinstatedMinor;
    }),
  );
}

/** What a dispute has taken and given back, in the minor unit of its own currency. An inquiry has moved nothing. */
export interface DisputeTotals {
  readonly withdrawnMinor: bigint;
  readonly reinstatedMinor: bigint;
}

/**
 * Sums the movements of a dispute. In the dispute's own currency they count as they are. In another one each was
 * converted at the rate of its day (Stripe: "Conversions on disputes and refunds"), so the amounts that were withdrawn
 * and reinstated differ for the same money. Stripe moves a dispute as a whole, one transaction out and one back (API
 * reference: `dispute.balance_transactions`), so each such movement counts as the dispute's whole amount.
 *
 * @returns `undefined` when that does not hold: a movement in another currency differs from the first withdrawal by more
 * than a fifth, which no rate explains, or more came back than went
 */
export function disputeTotals(dispute: DisputeFact): DisputeTotals | undefined {
  const whole = new Map<string, bigint>();
  for (const { amountMinor, currency } of dispute.movements)
    if (amountMinor < 0n && !whole.has(currency)) whole.set(currency, -amountMinor);
  let withdrawnMinor = 0n;
  let reinstatedMinor = 0n;
  for (const { amountMinor, currency } of dispute.movements) {
    const moved = amountMinor < 0n ? -amountMinor : amountMinor;
    const isOwn = currency === dispute.currency;
    if (!isOwn && !isSameMoney(moved, whole.get(currency) ?? 0n)) return undefined;
    const counted = isOwn ? moved : dispute.amountMinor;
    if (amountMinor < 0n) withdrawnMinor += counted;
    else reinstatedMinor += counted;
  }
  return reinstatedMinor > withdrawnMinor ? undefined : { withdrawnMinor, reinstatedMinor };
}

/** Converted at two rates, a fifth apart at most. */
function isSameMoney(moved: bigint, whole: bigint): boolean {
  const apart = moved > whole ? moved - whole : whole - moved;
  return apart * 5n <= whole;
}

/** The first thing that has no rule here, for an operator to read. */
function findUnclear(money: ReturnedMoney): string | undefined {
  for (const { id, status, currency } of money.refunds) {
    if (!countedStatuses.has(status) && !endedStatuses.has(status))
      return `Stripe says the refund ${id} is "${status}", which is not known here.`;
    if (countedStatuses.has(status) && currency !== money.currency)
      return `The refund ${id} is in ${currency}, but the payment was in ${money.currency}.`;
  }
  for (const dispute of money.disputes) {
    if (dispute.movements.length === 0) continue;
    if (dispute.currency !== money.currency)
      return `The dispute ${dispute.id} is in ${dispute.currency}, but the payment was in ${money.currency}.`;
    if (disputeTotals(dispute) === undefined)
      return `What the dispute ${dispute.id} withdrew and gave back does not add up.`;
  }
  const isMoved = refundedOf(money) > 0n || withheldOf(money) > 0n;
  return isMoved && money.capturedMinor <= 0n
    ? `Money of the charge ${money.chargeId} went back, but none was captured.`
    : undefined;
}

function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((total, amount) => total + amount, 0n);
}
