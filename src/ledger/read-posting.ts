import type { Credits } from "../kernel/credits.js";
import type { PurchaseId, WalletId } from "../kernel/ids.js";
import type { Money } from "../kernel/money.js";
import type { Database, Trx } from "../platform/db/connect.js";
import type { LotSource } from "./lots.js";
import { type StatementLine, toLine } from "./read-statement.js";
import { type FilledLot, selectFilledLots, selectPosting } from "./store/postings.js";

/** The grant that credits came from. */
export interface LotOrigin {
  readonly lotNo: number;
  readonly source: LotSource;
  /** What was bought, or why credits were given. */
  readonly grantedFor: string | null;
  readonly purchaseId: PurchaseId | null;
  readonly granted: Credits;
  /** What was paid for all of it; `null` when nothing was. */
  readonly cost: Money | null;
  readonly expiresAt: Date | null;
}

/** A line of a statement with what the transfer moved, and where that came from. */
export interface PostedLine extends StatementLine {
  /** More than 0, whichever way it went. */
  readonly amount: Credits;
  /** `null` for what is owed. */
  readonly lot: LotOrigin | null;
}

/**
 * Everything that was moved together with the wallet's transfer `seq`, by the same cause, oldest first; nothing when
 * there is no such transfer. The wallet must be known to belong to the caller.
 */
export async function readPosting(
  db: Database | Trx,
  walletId: WalletId,
  seq: bigint,
): Promise<readonly PostedLine[]> {
  const rows = await selectPosting(db, walletId, seq);
  const lotNos = new Set(rows.flatMap(({ lotNo }) => lotNo ?? []));
  const found = await selectFilledLots(db, walletId, [...lotNos]);
  const lots = new Map(found.map((lot) => [lot.lotNo, toOrigin(lot)]));
  return rows.map((row) => ({
    ...toLine(row),
    amount: row.amount,
    lot: row.lotNo === null ? null : (lots.get(row.lotNo) ?? null),
  }));
}

function toOrigin(lot: FilledLot): LotOrigin {
  const { lotNo, source, memo: grantedFor, purchaseId, granted, expiresAt } = lot;
  const { costMinor, currency } = lot;
  const cost =
    costMinor === null || currency === null ? null : { amountMinor: costMinor, currency };
  return { lotNo, source, grantedFor, purchaseId, granted, cost, expiresAt };
}
