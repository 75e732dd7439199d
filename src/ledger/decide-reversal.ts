import { assert, present } from "../kernel/assert.js";
import { type Credits, minCredits, sumCredits, zeroCredits } from "../kernel/credits.js";
import type { PurchaseId } from "../kernel/ids.js";
import { approve, type Verdict } from "../kernel/verdict.js";
import { type Book, type Posting, post, type Reason, type Step } from "./decide.js";
import { freeOf, type LotSlice, sliceLots } from "./lots.js";
import { type ReservePurpose, reversedOf, type ReversiblePurchase } from "./reversible.js";

/** Credits of a purchase that are taken back, because its money went back. */
export interface Reversal extends Reason {
  readonly purchaseId: PurchaseId;
  /** More than 0, and no more than is left of what was granted and not reversed yet. */
  readonly amount: Credits;
}

/**
 * Takes credits of a purchase back: first what was set aside for a refund of it, then what is free in its own lot, then
 * what was set aside because of a warning of fraud, then what is free in the other lots in burn order; the rest the wallet
 * owes. What open holds have taken aside stays theirs. Never refuses: also a frozen wallet, and one in debt, gives back.
 */
export function decideReversal(book: Book, reversal: Reversal): Verdict<Posting> {
  const { purchaseId, amount } = reversal;
  const purchase = purchaseOf(book, purchaseId);
  assert(amount > 0n, "a reversal is more than nothing");
  assert(reversedOf(purchase) + amount <= purchase.granted, "no more is reversed than was granted");
  const released = releasesFor(book, purchase, amount);
  const fromReserves = sumCredits(released.map((step) => step.amount));
  const slices = takeFrom(book, purchase, { amount, fromReserves });
  const owed = (amount - sumCredits(slices.map((slice) => slice.amount))) as Credits;
  const taken = slices.map((slice) => ({ ...slice, kind: "reversal" as const }));
  const steps: Step[] = [...released, ...taken];
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

/** What of its reserves a reversal of `amount` needs. */
function releasesFor(
  book: Book,
  { lotNo, reserves }: ReversiblePurchase,
  amount: Credits,
): readonly Step[] {
  const steps: Step[] = [];
  let open = amount;
  const takeAside = (purpose: ReservePurpose): void => {
    for (const { id, amount: there } of reserves.filter((each) => each.purpose === purpose)) {
      const part = minCredits(open, there);
      if (part > 0n) steps.push({ kind: "release", lotNo, amount: part, reserveId: id });
      open = (open - part) as Credits;
    }
  };
  takeAside("refund");
  open = (open - minCredits(open, freeIn(book, lotNo))) as Credits;
  takeAside("fraud_warning");
  return steps;
}

/** What can be spent of a lot. */
export function freeIn({ lots }: Book, lotNo: number): Credits {
  const lot = lots.find((each) => each.lotNo === lotNo);
  return lot === undefined ? zeroCredits : freeOf(lot);
}

function takeFrom(
  book: Book,
  { lotNo }: ReversiblePurchase,
  { amount, fromReserves }: { readonly amount: Credits; readonly fromReserves: Credits },
): readonly LotSlice[] {
  const own = (freeIn(book, lotNo) + fromReserves) as Credits;
  const fromOwn = minCredits(own, amount);
  const others = book.lots.filter((lot) => lot.lotNo !== lotNo);
  const fromOthers = sliceLots(others, (amount - fromOwn) as Credits);
  return fromOwn > 0n ? [{ lotNo, amount: fromOwn }, ...fromOthers] : fromOthers;
}
