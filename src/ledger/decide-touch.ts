import { type Book, type Posting, post } from "./decide.js";

/**
 * Moves nothing. A batch lets what has expired leave before every movement, so that is all that happens to a wallet
 * that is only touched. Its cause is never written, having no transfers.
 */
export function decideTouch(book: Book): Posting {
  return post(book, [], { cause: { type: "expiry", id: book.walletId }, memo: null });
}
