import { assert, present } from "../kernel/assert.js";
import { type Credits, minCredits, sumCredits, zeroCredits } from "../kernel/credits.js";
import type { PurchaseId } from "../kernel/ids.js";
import { approve, type Verdict } from "../kernel/verdict.js";
import { type Book, type Posting, post, type Reason, type Step } from "./decide.js";
import { freeOf, type LotSlice, sliceLots } from "./lots.js";
import { reversedOf, type ReversiblePurchase } from "./reversible.js";

/** Credits of a purchase that are taken back, because its money went back. */
export interface Reversal extends Reason {
  readonly purchaseId: PurchaseId;
  /** More than 0, and no more than is left of what was granted and not reversed yet. */
  readonly amount: Credits;
}

/**
 * Takes credits of a purchase back: first what is free in its own lot, then what is free in the other lots in burn
 * order; the rest the wallet owes. What open holds have taken aside stays theirs. Never refuses: also a frozen wallet,
 * and one in debt, gives back.
 */
export function decideReversal(book: Book, reversal: Reversal): Verdict<Posting> {
  const { purchaseId, amount } = reversal;
  const purchase = purchaseOf(book, purchaseId);
  assert(amount > 0n, "a reversal is more than nothing");
  assert(reversedOf(purchase) + amount <= purchase.granted, "no more is reversed than was granted");
  const slices = takeFrom(book, purchase, amount);
  const owed = (amount - sumCredits(slices.map((slice) => slice.amount))) as Credits;
  const steps: Step[] = slices.map((slice) => ({ ...slice, kind: "reversal" }));
  if (owed > 0n) steps.push({ kind: "reversal_debt", lotNo: null, amount: owed });
  return approve(post(book, steps, reversal, { purchaseId }));
}

/** What the batch was told of a purchase that it names. */
export function purchaseOf(book: Book, purchaseId: PurchaseId): ReversiblePurchase {
  return present(
    book.reversible?.purchases.get(purchaseId),
    "a purchase is reversed in the wallet that it was granted to, by a movement that names it",
  );
}

function takeFrom(
  { lots }: Book,
  { lotNo }: ReversiblePurchase,
  amount: Credits,
): readonly LotSlice[] {
  const own = lots.find((lot) => lot.lotNo === lotNo);
  const fromOwn = own === undefined ? zeroCredits : minCredits(freeOf(own), amount);
  const others = lots.filter((lot) => lot.lotNo !== lotNo);
  const fromOthers = sliceLots(others, (amount - fromOwn) as Credits);
  return fromOwn > 0n ? [{ lotNo, amount: fromOwn }, ...fromOthers] : fromOthers;
}
