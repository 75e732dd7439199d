import { assert } from "../kernel/assert.js";
import { type Credits, creditsToJson, formatCredits, sumCredits } from "../kernel/credits.js";
import { approve, refuse, type Verdict } from "../kernel/verdict.js";
import { type Book, type Posting, post, type Reason, type Step } from "./decide.js";
import { sliceLots } from "./lots.js";
import type { TransferKind } from "./movements.js";

/** Credits out of a wallet by an operator, from its lots in burn order. */
export interface Withdrawal extends Reason {
  readonly kind: "correction_out";
  readonly amount: Credits;
}

/** Takes credits out in burn order. Refuses with `insufficient_credits`, never below zero. */
export function decideWithdrawal(book: Book, withdrawal: Withdrawal): Verdict<Posting> {
  assert(withdrawal.amount > 0n, "a withdrawal is more than nothing");
  if (withdrawal.amount > book.available) return tooFew(book, withdrawal.amount);
  return approve(post(book, burn(book, withdrawal.kind, withdrawal.amount), withdrawal));
}

/** `amount` out of what is available, lot by lot in burn order. It must be there. */
export function burn(book: Book, kind: TransferKind, amount: Credits): Step[] {
  const slices = sliceLots(book.lots, amount);
  assert(
    sumCredits(slices.map((slice) => slice.amount)) === amount,
    "the lots of a wallet cover its available credits",
  );
  return slices.map(({ lotNo, amount: part }) => ({ kind, lotNo, amount: part }));
}

/** The refusal of whatever needs more than is available. */
export function tooFew(book: Book, required: Credits): Verdict<never> {
  return refuse("insufficient_credits", {
    detail: `The wallet has ${formatCredits(book.available)} credits available and this takes ${formatCredits(required)}. Buy or grant more, or take less.`,
    extra: {
      available: creditsToJson(book.available),
      required: creditsToJson(required),
      shortBy: creditsToJson((required - book.available) as Credits),
    },
  });
}
