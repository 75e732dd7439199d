import { present } from "../kernel/assert.js";
import type { Credits } from "../kernel/credits.js";
import type { ApiKeyId, HoldId, PurchaseId, WalletId } from "../kernel/ids.js";
import type { Verdict } from "../kernel/verdict.js";
import type { Book, Posting } from "./decide.js";
import type { AgentToken } from "./decide-budget.js";
import { decideExpiry } from "./decide-expiry.js";
import type { SpendWindows } from "./decide-limits.js";

/** What a decision is told beside its wallet's book. */
export interface Asked {
  /** The limits of the API key that is counted, with what the batch has spent so far; `null` when it has none. */
  readonly keyWindows: SpendWindows | null;
  /** The key that asks, when it is an agent's token, whoever is counted. */
  readonly token: AgentToken | null;
  /** By the database, after the locks. */
  readonly now: Date;
}

/** One thing to do to one wallet: a decision that waits for the wallet's book. */
export interface Movement<P extends Posting = Posting> {
  readonly walletId: WalletId;
  /** The key that asks, and whose spend limits count. A hold that is used knows the key that is counted. */
  readonly apiKeyId?: ApiKeyId | null;
  /** The hold it uses. */
  readonly holdId?: HoldId | null;
  /** The purchase that it reverses or reinstates. */
  readonly purchaseId?: PurchaseId;
  /** Set when it only spends from lots in burn order, and so much at most: then the head lot may be enough to know. */
  readonly spendsAtMost?: Credits;
  /** Whether it may open a lot or place a hold: then the book knows how many there are. */
  readonly opens?: boolean;
  /** Set for what a caller waits for and customers cause: then it is refused as `project_paused`, with its whole batch. */
  readonly waitsWhilePaused?: boolean;
  readonly decide: (book: Book, asked: Asked) => Verdict<P>;
}

/** All that a batch knows: gathered under locks, changed by one decision after the other. */
export interface LedgerState {
  readonly books: ReadonlyMap<WalletId, Book>;
  /** Of the keys that have limits. */
  readonly keyWindows: ReadonlyMap<ApiKeyId, SpendWindows>;
  readonly now: Date;
}

export interface Decided<P extends Posting> {
  /** One per movement, in their order. */
  readonly verdicts: readonly Verdict<P>[];
  /** What is to be written, in order: the approved postings, and what expired before them. */
  readonly postings: readonly Posting[];
  readonly after: LedgerState;
}

/**
 * Decides a batch, one movement after the other, each on what the ones before it left. Before each, credits whose
 * time is over leave its wallet: a hold that ended in the same batch may just have given some back. Knows no SQL and
 * no clock, so any split of the same movements into batches ends alike.
 */
export function decideAll<P extends Posting>(
  state: LedgerState,
  movements: readonly Movement<P>[],
): Decided<P> {
  const books = new Map(state.books);
  const keys = new Map(state.keyWindows);
  const postings: Posting[] = [];
  const withoutExpired = (book: Book): Book => {
    const expired = decideExpiry(book, state.now);
    if (expired === undefined) return book;
    postings.push(expired);
    books.set(book.walletId, expired.after);
    return expired.after;
  };
  const verdicts = movements.map((movement) => {
    const { walletId } = movement;
    const book = withoutExpired(
      present(books.get(walletId), "a movement names an existing wallet"),
    );
    const key = keyOf(book, movement);
    const keyWindows = (key === null ? undefined : keys.get(key)) ?? null;
    const token = tokenOf(movement, keys);
    const verdict = movement.decide(book, { keyWindows, token, now: state.now });
    if (!verdict.approved) return verdict;
    const posting = verdict.value;
    if (key !== null && posting.keyWindows !== null) keys.set(key, posting.keyWindows);
    books.set(walletId, posting.after);
    postings.push(posting);
    return verdict;
  });
  return { verdicts, postings, after: { books, keyWindows: keys, now: state.now } };
}

function keyOf(book: Book, { holdId, apiKeyId }: Movement): ApiKeyId | null {
  const hold = holdId === undefined || holdId === null ? undefined : book.holds.get(holdId);
  return hold === undefined ? (apiKeyId ?? null) : hold.apiKeyId;
}

function tokenOf(
  { apiKeyId }: Movement,
  keys: ReadonlyMap<ApiKeyId, SpendWindows>,
): AgentToken | null {
  if (keys.size === 0 || apiKeyId === null || apiKeyId === undefined) return null;
  const budget = keys.get(apiKeyId)?.budget ?? null;
  return budget === null ? null : { keyId: apiKeyId, budget };
}
