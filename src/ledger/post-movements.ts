import { assert } from "../kernel/assert.js";
import type { Credits } from "../kernel/credits.js";
import type { ApiKeyId, HoldId, PurchaseId, WalletId } from "../kernel/ids.js";
import { approvedOrThrow, type Verdict } from "../kernel/verdict.js";
import type { Trx } from "../platform/db/connect.js";
import { sent } from "../platform/db/short-transaction.js";
import type { Book, OpenHold, Posting } from "./decide.js";
import { decideAll, type LedgerState, type Movement } from "./decide-all.js";
import type { SpendWindows } from "./decide-limits.js";
import { projectPaused } from "./decide-pause.js";
import type { Lot } from "./lots.js";
import { headOf, type LockedWallet, lockWallets, readOpenHolds, readRests } from "./store/books.js";
import type { Reversible } from "./reversible.js";
import { readReversible } from "./store/reversible.js";
import { type LockedWindows, lockSpendWindows } from "./store/spend-limits.js";
import { writePostings } from "./write-postings.js";

const movementsMax = 2_000;
/** So many are decided before what they leave behind is sent. */
const movementsPerWrite = 500;
/** So many are locked and read in one flight; of more, only those lots are read that the locked wallets say are needed. */
const togetherMax = 32;

/**
 * Applies movements in order, all or none: the first refusal is thrown, so the caller's transaction rolls back.
 *
 * @returns the postings, in the order of the movements
 */
export async function postMovements<P extends Posting>(
  trx: Trx,
  movements: readonly Movement<P>[],
): Promise<readonly P[]> {
  const prepared = await prepareMovements(trx, movements);
  const postings = prepared.verdicts.map(approvedOrThrow);
  await Promise.all(prepared.write());
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
  const { verdicts, written } = await streamMovements(trx, movements);
  await Promise.all(written);
  return verdicts;
}

/** What was decided and sent. */
export interface Streamed<P extends Posting> {
  /** In the order of the movements. */
  readonly verdicts: readonly Verdict<P>[];
  /** Settle when the database has taken it. The first that fails says why; whoever waits for all of them hears it. */
  readonly written: readonly Promise<void>[];
}

/**
 * {@link applyMovements} without waiting for what was written: some hundred movements are decided while the database
 * still writes those before them.
 *
 * @param beside as in {@link prepareMovements}
 */
export async function streamMovements<P extends Posting>(
  trx: Trx,
  movements: readonly Movement<P>[],
  beside: () => Promise<unknown> = async () => undefined,
): Promise<Streamed<P>> {
  let state = await gather(trx, movements, beside);
  const verdicts: Verdict<P>[] = [];
  const written: Promise<void>[] = [];
  for (let from = 0; from < movements.length; from += movementsPerWrite) {
    const decided = decideAll(state, movements.slice(from, from + movementsPerWrite));
    for (const verdict of decided.verdicts) verdicts.push(verdict);
    for (const writing of writePostings(trx, state, decided)) {
      writing.catch(() => undefined);
      written.push(writing);
    }
    state = decided.after;
    await sent();
  }
  return { verdicts, written };
}

/** What was decided under the locks, and is not written yet. */
export interface Prepared<P extends Posting> {
  /** In the order of the movements. */
  readonly verdicts: readonly Verdict<P>[];
  /** Sends what is to be written, all at once; for the end of a short transaction. */
  readonly write: () => readonly Promise<void>[];
}

/**
 * {@link applyMovements} in two parts.
 *
 * @param beside called once the locks are asked for: what it reads goes with them, and is there before the decisions
 */
export async function prepareMovements<P extends Posting>(
  trx: Trx,
  movements: readonly Movement<P>[],
  beside: () => Promise<unknown> = async () => undefined,
): Promise<Prepared<P>> {
  const state = await gather(trx, movements, beside);
  const decided = decideAll(state, movements);
  return { verdicts: decided.verdicts, write: () => writePostings(trx, state, decided) };
}

async function gather(
  trx: Trx,
  movements: readonly Movement[],
  beside: () => Promise<unknown>,
): Promise<LedgerState> {
  assert(
    movements.length <= movementsMax,
    `one transaction posts at most ${movementsMax} movements`,
  );
  const named = namesOf(movements);
  const { wallets, holds, heads, keyIds, rests } = await lockAndRead(trx, named, beside);
  if (wallets.some(({ paused }) => paused)) throw projectPaused();
  const limited = wallets.filter((wallet) => wallet.limited).map(({ walletId }) => walletId);
  const { windows, lockedAt } =
    limited.length > 0 || rests.keyIsLimited
      ? await lockSpendWindows(trx, [...limited, ...keyIds])
      : notLimited;
  const reversible =
    named.purchases.size === 0
      ? nothingReversible
      : await readReversible(trx, {
          wallets: [...new Set(named.purchases.values())],
          purchases: [...named.purchases.keys()],
        });
  const books = new Map<WalletId, Book>();
  for (const wallet of wallets) {
    const { walletId } = wallet;
    const held = holds.get(walletId) ?? noHoldsOfWallet;
    const head = heads.get(walletId);
    const rest = head === undefined ? rests.of(wallet) : { lots: head, counts: null };
    const more = { windows: windows.get(walletId) ?? null, holds: held };
    books.set(walletId, toBook(wallet, rest, more, reversible.get(walletId) ?? null));
  }
  const keyWindows = new Map<ApiKeyId, SpendWindows>();
  for (const id of keyIds) {
    const found = windows.get(id);
    if (found !== undefined) keyWindows.set(id, found);
  }
  // Whoever ended a token while we waited for its row has done so before now.
  const now = lockedAt !== null && lockedAt > rests.now ? lockedAt : rests.now;
  return { books, keyWindows, now };
}

/** Locks the wallets, and reads in later statements what belongs to them. */
async function lockAndRead(trx: Trx, named: Names, beside: () => Promise<unknown>) {
  const { opening } = named;
  const walletIds = [...named.walletIds];
  const locking = lockWallets(trx, walletIds, named);
  await sent();
  if (named.holdIds.size === 0 && walletIds.length <= togetherMax) {
    const keyIds = [...named.keyIds];
    const reading = readRests(trx, { walletIds, opening, keyIds });
    const [wallets, rests] = await Promise.all([locking, reading, beside()]);
    return { wallets, holds: noHolds, heads: noHeads, keyIds, rests };
  }
  const holding = named.holdIds.size === 0 ? noHolds : readOpenHolds(trx, [...named.holdIds]);
  const [wallets, holds] = await Promise.all([locking, holding, beside()]);
  const keyIds = [...new Set([...named.keyIds, ...keysOf(holds)])];
  const heads = headsOf(wallets, named.spends);
  const others = walletIds.filter((id) => !heads.has(id));
  const rests = await readRests(trx, { walletIds: others, opening, keyIds });
  return { wallets, holds, heads, keyIds, rests };
}

function keysOf(holds: ReadonlyMap<WalletId, ReadonlyMap<HoldId, OpenHold>>): readonly ApiKeyId[] {
  return [...holds.values()].flatMap((ofWallet) =>
    [...ofWallet.values()].flatMap(({ apiKeyId }) => apiKeyId ?? []),
  );
}

const noHeads: ReadonlyMap<WalletId, readonly Lot[]> = new Map();
const noHoldsOfWallet: ReadonlyMap<HoldId, OpenHold> = new Map();
const noHolds: ReadonlyMap<WalletId, ReadonlyMap<HoldId, OpenHold>> = new Map();
const notLimited: LockedWindows = { windows: new Map(), lockedAt: null };
const nothingReversible: ReadonlyMap<WalletId, Reversible> = new Map();

/** Field by field: spreading objects into a wider one costs more than deciding does. */
function toBook(
  { walletId, projectId, available, held, debt, seq, frozen }: LockedWallet,
  { lots, counts }: Pick<Book, "lots" | "counts">,
  { windows, holds }: Pick<Book, "windows" | "holds">,
  reversible: Reversible | null,
): Book {
  return {
    walletId,
    projectId,
    available,
    held,
    debt,
    seq,
    frozen,
    lots,
    counts,
    windows,
    holds,
    reversible,
  };
}

/** The wallets of which the head lot alone is enough to know: nothing but spends comes, and it covers them all. */
function headsOf(
  wallets: readonly LockedWallet[],
  spends: ReadonlyMap<WalletId, Credits | null>,
): ReadonlyMap<WalletId, readonly Lot[]> {
  const heads = new Map<WalletId, readonly Lot[]>();
  for (const wallet of wallets) {
    const credits = spends.get(wallet.walletId) ?? null;
    const head = credits === null ? undefined : headOf(wallet, credits);
    if (head !== undefined) heads.set(wallet.walletId, head);
  }
  return heads;
}

type Names = ReturnType<typeof namesOf>;

/** What the movements name, each once. */
function namesOf(movements: readonly Movement[]) {
  const walletIds = new Set<WalletId>();
  const opening = new Set<WalletId>();
  const holdIds = new Set<HoldId>();
  const keyIds = new Set<ApiKeyId>();
  const purchases = new Map<PurchaseId, WalletId>();
  /** What is spent of each wallet at most; `null` when something else happens to it too. */
  const spends = new Map<WalletId, Credits | null>();
  for (const { walletId, opens, holdId, apiKeyId, purchaseId, spendsAtMost } of movements) {
    walletIds.add(walletId);
    const before = spends.get(walletId);
    const known = before !== null && spendsAtMost !== undefined;
    spends.set(walletId, known ? (((before ?? 0n) + spendsAtMost) as Credits) : null);
    if (opens === true) opening.add(walletId);
    if (holdId !== undefined && holdId !== null) holdIds.add(holdId);
    if (apiKeyId !== undefined && apiKeyId !== null) keyIds.add(apiKeyId);
    if (purchaseId !== undefined) purchases.set(purchaseId, walletId);
  }
  const looksAtPause = movements.some(({ waitsWhilePaused }) => waitsWhilePaused === true);
  return { walletIds, opening, holdIds, keyIds, purchases, spends, looksAtPause };
}
