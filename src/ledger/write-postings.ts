import { assert } from "../kernel/assert.js";
import type { Trx } from "../platform/db/connect.js";
import type { Posting, Transfer } from "./decide.js";
import type { Decided, LedgerState } from "./decide-all.js";
import type { SpendWindows } from "./decide-limits.js";
import { appendTransfers, insertHolds, insertLots, insertReserves } from "./store/entries.js";
import { updateSpendWindows } from "./store/spend-limits.js";

/** Sends what was decided, all at once, in this order: lots and holds are there before the transfers that fill them. */
export function writePostings(
  trx: Trx,
  before: LedgerState,
  { postings, after }: Decided<Posting>,
): readonly Promise<void>[] {
  if (postings.length === 0) return [];
  assert(!repeatsOperator(postings), "an act of an operator moves a wallet once");
  const opening = postings.filter(
    ({ newLots, newHolds, newReserves }) =>
      newLots.length + newHolds.length + newReserves.length > 0,
  );
  const transfers: Transfer[] = [];
  for (const posting of postings) transfers.push(...posting.transfers);
  return [
    insertLots(trx, opening.flatMap(lotsWithOwner)),
    insertHolds(trx, opening.flatMap(holdsWithOwner)),
    insertReserves(trx, opening.flatMap(reservesWithOwner)),
    appendTransfers(trx, byWallet(transfers)),
    updateSpendWindows(trx, changedWindows(before, after)),
  ];
}

/**
 * Those of a wallet together, as they follow each other, and the wallets by their ids: the database need not sort what
 * is sorted, and finds their places in its indexes near each other.
 */
function byWallet(transfers: readonly Transfer[]): readonly Transfer[] {
  return transfers.toSorted((a, b) =>
    a.walletId === b.walletId ? 0 : a.walletId < b.walletId ? -1 : 1,
  );
}

/** What was counted, by wallet and by key. */
function changedWindows(
  before: LedgerState,
  after: LedgerState,
): ReadonlyMap<string, SpendWindows> {
  const changed = new Map<string, SpendWindows>();
  for (const [id, { windows }] of after.books)
    if (windows !== null && windows !== before.books.get(id)?.windows) changed.set(id, windows);
  for (const [id, windows] of after.keyWindows)
    if (windows !== before.keyWindows.get(id)) changed.set(id, windows);
  return changed;
}

/**
 * Within one statement the database cannot tell a repeated withdrawal from one that is spread over lots.
 * The legs of one act differ in their kind.
 */
function repeatsOperator(postings: readonly Posting[]): boolean {
  const acts = new Set<string>();
  for (const [first] of postings.map((posting) => posting.transfers)) {
    if (first?.cause.type !== "operator") continue;
    const act = `${first.walletId} ${first.cause.id} ${first.kind}`;
    if (acts.has(act)) return true;
    acts.add(act);
  }
  return false;
}

function lotsWithOwner({ newLots, after: { walletId, projectId } }: Posting) {
  return newLots.map((lot) => ({ ...lot, walletId, projectId }));
}

function holdsWithOwner({ newHolds, after: { walletId, projectId } }: Posting) {
  return newHolds.map((hold) => ({ ...hold, walletId, projectId }));
}

function reservesWithOwner({ newReserves, after: { walletId, projectId } }: Posting) {
  return newReserves.map((reserve) => ({ ...reserve, walletId, projectId }));
}
