import { zeroCredits } from "../kernel/credits.js";
import { type ApiKeyId, newId, type ProjectId } from "../kernel/ids.js";
import type { Database, Trx } from "../platform/db/connect.js";
import type { Book } from "./decide.js";
import type { Asked } from "./decide-all.js";
import { decideExpiry } from "./decide-expiry.js";
import { findSpendWindows } from "./store/spend-limits.js";
import { selectUnlocked } from "./store/unlocked.js";

/** What a decision about a wallet would be told now. */
export interface UnlockedBook extends Pick<Asked, "keyWindows" | "now"> {
  /** Without what has expired, and without holds and counts. Of a customer without a wallet: empty. */
  readonly book: Book;
  readonly opened: boolean;
}

const emptyWallet = {
  available: zeroCredits,
  held: zeroCredits,
  debt: zeroCredits,
  seq: 0n,
  frozen: false,
  lots: [],
};

/**
 * A customer's book and the limits of the asking key, read without locks: to tell what a decision would say. Whatever
 * is written must be decided by `postMovements`, because by then the book may be another.
 */
export async function readBook(
  db: Database | Trx,
  {
    projectId,
    customerId,
    apiKeyId,
  }: {
    readonly projectId: ProjectId;
    readonly customerId: string;
    readonly apiKeyId: ApiKeyId | null;
  },
): Promise<UnlockedBook> {
  const { wallet: found, now } = await selectUnlocked(db, projectId, customerId);
  const wallet = found ?? { ...emptyWallet, walletId: newId("wallet") };
  const limited = [wallet.walletId, ...(apiKeyId === null ? [] : [apiKeyId])];
  const windows = await findSpendWindows(db, limited);
  const book: Book = {
    ...wallet,
    projectId,
    counts: null,
    holds: new Map(),
    reversible: null,
    windows: windows.get(wallet.walletId) ?? null,
  };
  const keyWindows = (apiKeyId === null ? undefined : windows.get(apiKeyId)) ?? null;
  return {
    book: decideExpiry(book, now)?.after ?? book,
    opened: found !== undefined,
    keyWindows,
    now,
  };
}
