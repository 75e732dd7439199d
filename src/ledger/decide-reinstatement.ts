import { assert } from "../kernel/assert.js";
import { type Credits, minCredits, sumCredits } from "../kernel/credits.js";
import { approve, type Verdict } from "../kernel/verdict.js";
import { type Book, type Posting, post, type Step } from "./decide.js";
import { purchaseOf, type Reversal } from "./decide-reversal.js";
import { type LotSlice, sliceSlices } from "./lots.js";
import { lastTaken } from "./reversible.js";

/**
 * Gives back credits that reversals of a purchase took, the last taken first: each to the lot that it was taken from,
 * and what was made to be owed is no longer owed. When later credits have paid that debt meanwhile, they are returned
 * first, to the lots that paid, the last that paid first. So the wallet is as if this had never been taken; what its
 * lots get back, they have lost before, so no lot ever holds more than it was granted. A lot whose time is over is no
 * exception: what it gets back leaves it with the next look at expiry.
 */
export function decideReinstatement(book: Book, given: Reversal): Verdict<Posting> {
  const { purchaseId, amount } = given;
  assert(amount > 0n, "a reinstatement is more than nothing");
  const back = lastTaken(purchaseOf(book, purchaseId).taken, amount);
  const owed = sumCredits(back.flatMap((each) => (each.lotNo === null ? [each.amount] : [])));
  const slices = back.flatMap(({ lotNo, amount: part }): LotSlice[] =>
    lotNo === null ? [] : [{ lotNo, amount: part }],
  );
  const paid = (owed - minCredits(owed, book.debt)) as Credits;
  const stillOwed = (book.debt + paid - owed) as Credits;
  const steps: Step[] = [
    ...returned(book, paid),
    ...(owed > 0n ? [{ kind: "reinstatement_debt" as const, lotNo: null, amount: owed }] : []),
    ...slices.map((slice) => ({ ...slice, kind: "reinstatement" as const })),
    ...sliceSlices(slices, stillOwed).map((slice) => ({
      ...slice,
      kind: "debt_repayment" as const,
    })),
  ];
  return approve(post(book, steps, given, { purchaseId }));
}

/** What had paid the debt that is no longer owed. */
function returned(book: Book, amount: Credits): readonly Step[] {
  const slices = sliceSlices(book.reversible?.repaid.toReversed() ?? [], amount);
  assert(
    sumCredits(slices.map((slice) => slice.amount)) === amount,
    "what is not owed any more was paid by some lots",
  );
  return slices.map((slice) => ({ ...slice, kind: "repayment_returned" }));
}
