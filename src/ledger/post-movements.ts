import { assert } from "../kernel/assert.js";
import type { ApiKeyId, HoldId, WalletId } from "../kernel/ids.js";
import { approvedOrThrow, type Verdict } from "../kernel/verdict.js";
import type { Trx } from "../platform/db/connect.js";
import type { Book, OpenHold, Posting } from "./decide.js";
import { type Decided, decideAll, type LedgerState, type Movement } from "./decide-all.js";
import type { SpendWindows } from "./decide-limits.js";
import { lockWallets, readOpenHolds, readRests } from "./store/books.js";
import { lockSpendWindows, updateSpendWindows } from "./store/spend-limits.js";
import { appendTransfers, insertHolds, insertLots } from "./store/entries.js";

const movementsMax = 500;

/**
 * Applies movements in order, all or none: the first refusal is thrown, so the caller's transaction rolls back.
 *
 * @returns the postings, in the order of the movements
 */
export async function postMovements<P extends Posting>(
  trx: Trx,
  movements: readonly Movement<P>[],
): Promise<readonly P[]> {
  const state = await gather(trx, movements);
  const decided = decideAll(state, movements);
  const postings = decided.verdicts.map(approvedOrThrow);
  await write(trx, state, decided);
  return postings;
}

/**
 * Applies movements in order, each in full or refused by itself: locks the wallets ascending, reads what is needed
 * in new statements, decides in memory, writes with one statement each. A fixed number of statements, whatever the
 * number of movements.
 *
 * @returns the verdicts, in the order of the movements
 */
export async function applyMovements<P extends Posting>(
  trx: Trx,
  movements: readonly Movement<P>[],
): Promise<readonly Verdict<P>[]> {
  const state = await gather(trx, movements);
  const decided = decideAll(state, movements);
  await write(trx, state, decided);
  return decided.verdicts;
}

async function gather(trx: Trx, movements: readonly Movement[]): Promise<LedgerState> {
  assert(
    movements.length <= movementsMax,
    `one transaction posts at most ${movementsMax} movements`,
  );
  const ids = [...new Set(movements.map((movement) => movement.walletId))];
  const opening = new Set(movements.flatMap(({ opens, walletId }) => (opens ? [walletId] : [])));
  const holdIds = new Set(movements.flatMap(({ holdId }) => holdId ?? []));
  const wallets = await lockWallets(trx, ids);
  const holds = holdIds.size === 0 ? noHolds : await readOpenHolds(trx, [...holdIds]);
  const keyIds = keysOf(movements, holds);
  const rests = await readRests(trx, { ids, opening, keyIds });
  const limited = wallets.filter((wallet) => wallet.limited).map(({ walletId }) => walletId);
  const windows =
    limited.length > 0 || rests.keyIsLimited
      ? await lockSpendWindows(trx, [...limited, ...keyIds])
      : noWindows;
  const books = wallets.map((wallet): [WalletId, Book] => {
    const { walletId } = wallet;
    const rest = rests.of(walletId);
    return [
      walletId,
      {
        ...wallet,
        ...rest,
        windows: windows.get(walletId) ?? null,
        holds: holds.get(walletId) ?? noHoldsOfWallet,
      },
    ];
  });
  const keyWindows = keyIds.flatMap((id): [ApiKeyId, SpendWindows][] => {
    const found = windows.get(id);
    return found === undefined ? [] : [[id, found]];
  });
  return { books: new Map(books), keyWindows: new Map(keyWindows), now: rests.now };
}

const noHoldsOfWallet: ReadonlyMap<HoldId, OpenHold> = new Map();
const noHolds: ReadonlyMap<WalletId, ReadonlyMap<HoldId, OpenHold>> = new Map();
const noWindows: ReadonlyMap<string, SpendWindows> = new Map();

/** The keys whose limits may count: those that ask, and those that placed the holds. */
function keysOf(movements: readonly Movement[], holds: typeof noHolds): readonly ApiKeyId[] {
  const asking = movements.flatMap(({ apiKeyId }) => apiKeyId ?? []);
  const holding = [...holds.values()].flatMap((ofWallet) =>
    [...ofWallet.values()].flatMap(({ apiKeyId }) => apiKeyId ?? []),
  );
  return [...new Set([...asking, ...holding])];
}

async function write(
  trx: Trx,
  before: LedgerState,
  { postings, after }: Decided<Posting>,
): Promise<void> {
  if (postings.length === 0) return;
  assert(!repeatsOperator(postings), "an act of an operator moves a wallet once");
  await insertLots(trx, postings.flatMap(lotsWithOwner));
  await insertHolds(trx, postings.flatMap(holdsWithOwner));
  await appendTransfers(
    trx,
    postings.flatMap((posting) => posting.transfers),
  );
  await updateSpendWindows(trx, changedWindows(before, after));
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
  const acts = postings.flatMap(({ transfers: [first] }) =>
    first?.cause.type === "operator" ? [`${first.walletId} ${first.cause.id} ${first.kind}`] : [],
  );
  return new Set(acts).size < acts.length;
}

function lotsWithOwner({ newLots, after: { walletId, projectId } }: Posting) {
  return newLots.map((lot) => ({ ...lot, walletId, projectId }));
}

function holdsWithOwner({ newHolds, after: { walletId, projectId } }: Posting) {
  return newHolds.map((hold) => ({ ...hold, walletId, projectId }));
}
