import { type Book, type Posting, post } from "./decide.js";
import { freeOf } from "./lots.js";

/**
 * What leaves a wallet because its time is over: the free rest of each lot that has expired. What a hold has taken
 * aside stays until the hold ends. `undefined` when nothing has expired.
 */
export function decideExpiry(book: Book, now: Date): Posting | undefined {
  if (!book.lots.some((lot) => lot.expiresAt !== null && lot.expiresAt <= now)) return undefined;
  const steps = book.lots
    .filter((lot) => lot.expiresAt !== null && lot.expiresAt <= now && freeOf(lot) > 0n)
    .map((lot) => ({ kind: "expire" as const, lotNo: lot.lotNo, amount: freeOf(lot) }));
  if (steps.length === 0) return undefined;
  return post(book, steps, { cause: { type: "expiry", id: book.walletId }, memo: null });
}
