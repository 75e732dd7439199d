import { assert, present } from "../kernel/assert.js";
import type { WalletId } from "../kernel/ids.js";
import { approvedOrThrow, type Verdict } from "../kernel/verdict.js";
import type { Trx } from "../platform/db/connect.js";
import type { Book, Posting } from "./decide.js";
import { appendTransfers, insertLots, lockWallets, readBooks } from "./store.js";

/** One thing to do to one wallet: a decision that waits for the wallet's book. */
export interface Movement {
  readonly walletId: WalletId;
  readonly decide: (book: Book) => Verdict<Posting>;
}

const movementsMax = 500;

/**
 * Applies movements in order, all or none: locks the wallets ascending, reads their books in new statements,
 * decides in memory, appends with one statement each for lots and transfers. Several movements of one wallet see
 * each other. The first refusal is thrown, so the caller's transaction rolls back.
 *
 * @returns the postings, in the order of the movements
 */
export async function postMovements(
  trx: Trx,
  movements: readonly Movement[],
): Promise<readonly Posting[]> {
  assert(
    movements.length <= movementsMax,
    `one transaction posts at most ${movementsMax} movements`,
  );
  const ids = [...new Set(movements.map((movement) => movement.walletId))];
  await lockWallets(trx, ids);
  const books = new Map(await readBooks(trx, ids));
  const postings = movements.map(({ walletId, decide }) => {
    const book = present(books.get(walletId), "a movement names a wallet that exists");
    const posting = approvedOrThrow(decide(book));
    books.set(walletId, posting.after);
    return posting;
  });
  assert(!repeatsOperator(postings), "an act of an operator moves a wallet once");
  await insertLots(trx, postings.flatMap(lotsWithOwner));
  await appendTransfers(
    trx,
    postings.flatMap((posting) => posting.transfers),
  );
  return postings;
}

/**
 * Within one statement the database cannot tell a repeated withdrawal from one that is spread over lots.
 * The legs of one act differ in their kind.
 */
function repeatsOperator(postings: readonly Posting[]): boolean {
  const acts = postings.flatMap(({ transfers: [first] }) =>
    first?.cause.type === "operator" ? [`${first.walletId} ${first.cause.id} ${first.kind}`] : [],
  );
  return new Set(acts).size < acts.length;
}

function lotsWithOwner({ newLots, after: { walletId, projectId } }: Posting) {
  return newLots.map((lot) => ({ ...lot, walletId, projectId }));
}
