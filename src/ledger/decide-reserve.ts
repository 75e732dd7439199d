import { assert } from "../kernel/assert.js";
import { type Credits, minCredits, sumCredits } from "../kernel/credits.js";
import type { HoldId, PurchaseId } from "../kernel/ids.js";
import { approve, type Verdict } from "../kernel/verdict.js";
import { type Book, type Posting, post, type Step } from "./decide.js";
import { freeIn, purchaseOf } from "./decide-reversal.js";
import {
  type OpenReserve,
  type ReservePurpose,
  reversedOf,
  type ReversiblePurchase,
} from "./reversible.js";

/** What a purchase has for money that goes back. */
export interface Returnable {
  /** What can still be taken from its own lot: not spent, and in no hold. */
  readonly unspent: Credits;
  /** What was taken back of it already, from wherever. */
  readonly reversed: Credits;
  readonly granted: Credits;
}

export interface Reserve {
  readonly id: HoldId;
  readonly purchaseId: PurchaseId;
  readonly purpose: ReservePurpose;
  /** How much to set aside: 0 to `unspent`. What it refuses is the verdict. */
  readonly size: (returnable: Returnable) => Verdict<Credits>;
  readonly memo: string | null;
}

/**
 * Sets credits of a purchase aside in its own lot, where they are neither spent nor expire, and no reversal of another
 * purchase takes them. It is no spending: limits and the number of open holds do not count it, and a frozen wallet
 * gives it. For a refund, what is set aside because of a warning of fraud is there too. While one for a refund is open, no
 * other is placed: look at `posting.newReserves`. What came back while some is set aside against fraud can be set aside too.
 */
export function decideReserve(book: Book, reserve: Reserve): Verdict<Posting> {
  const { id, purchaseId, purpose, memo } = reserve;
  const purchase = purchaseOf(book, purchaseId);
  const cause = { type: "hold" as const, id };
  const isOpen = purchase.reserves.some((each) => each.purpose === "refund");
  if (purpose === "refund" && isOpen)
    return approve(post(book, [], { cause, memo }, { purchaseId }));
  const warned = purpose === "refund" ? reservesOf(purchase, "fraud_warning") : [];
  const free = freeIn(book, purchase.lotNo);
  const unspent = sumCredits([free, ...warned.map((each) => each.amount)]);
  const sized = reserve.size({
    unspent,
    reversed: reversedOf(purchase),
    granted: purchase.granted,
  });
  if (!sized.approved) return sized;
  const amount = sized.value;
  assert(amount >= 0n && amount <= unspent, "no more is set aside than there is");
  if (amount === 0n) return approve(post(book, [], { cause, memo }, { purchaseId }));
  const { lotNo } = purchase;
  const steps: Step[] = [];
  let fromWarned = (amount - minCredits(amount, free)) as Credits;
  for (const { id: reserveId, amount: there } of warned) {
    const part = minCredits(fromWarned, there);
    if (part > 0n) steps.push({ kind: "release", lotNo, amount: part, reserveId });
    fromWarned = (fromWarned - part) as Credits;
  }
  steps.push({ kind: "hold", lotNo, amount, reserveId: id });
  const newReserves = [{ id, purchaseId, purpose, amount }];
  return approve(post(book, steps, { cause, memo }, { purchaseId, newReserves }));
}

function reservesOf(
  { reserves }: ReversiblePurchase,
  purpose: ReservePurpose,
): readonly OpenReserve[] {
  return reserves.filter((each) => each.purpose === purpose);
}

export interface ReserveRelease {
  readonly purchaseId: PurchaseId;
  readonly purpose: ReservePurpose;
}

/** Gives back what is left of the reserves of a purpose, and pays the wallet's debt with it first. Nothing when none is open. */
export function decideReserveRelease(
  book: Book,
  { purchaseId, purpose }: ReserveRelease,
): Verdict<Posting> {
  const purchase = purchaseOf(book, purchaseId);
  const { lotNo } = purchase;
  const open = reservesOf(purchase, purpose);
  const released = open.map(({ id, amount }) => ({
    kind: "release" as const,
    lotNo,
    amount,
    reserveId: id,
  }));
  const repaid = minCredits(book.debt, sumCredits(open.map(({ amount }) => amount)));
  const steps: Step[] = [...released];
  if (repaid > 0n) steps.push({ kind: "debt_repayment", lotNo, amount: repaid });
  const [first] = open;
  const cause =
    first === undefined
      ? { type: "expiry" as const, id: book.walletId } // never written: nothing moves
      : { type: "release" as const, id: first.id };
  return approve(post(book, steps, { cause, memo: null }, { purchaseId }));
}
