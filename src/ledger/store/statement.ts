import { present } from "../../kernel/assert.js";
import type { WalletId } from "../../kernel/ids.js";
import type { Database, Trx } from "../../platform/db/connect.js";
import { TransferRow } from "../models.js";

/** The newest first, behind `seqBefore` when given. */
export async function selectTransfers(
  trx: Database | Trx,
  walletId: WalletId,
  { seqBefore, limit }: { readonly seqBefore: bigint | undefined; readonly limit: number },
): Promise<TransferRow[]> {
  const newest = TransferRow.query(trx)
    .where({ wallet_id: walletId })
    .orderBy("seq", "desc")
    .limit(limit);
  return seqBefore === undefined ? newest : newest.where("seq", "<", String(seqBefore));
}

/** The oldest first, behind `seqAfter` and up to `seqLast`. */
export async function selectTransfersForward(
  trx: Database | Trx,
  walletId: WalletId,
  { seqAfter, seqLast, limit }: { seqAfter: bigint; seqLast: bigint; limit: number },
): Promise<TransferRow[]> {
  return TransferRow.query(trx)
    .where({ wallet_id: walletId })
    .where("seq", ">", String(seqAfter))
    .where("seq", "<=", String(seqLast))
    .orderBy("seq")
    .limit(limit);
}

export async function selectTransfer(
  trx: Database | Trx,
  walletId: WalletId,
  seq: bigint,
): Promise<TransferRow | undefined> {
  return TransferRow.query(trx).findOne({ wallet_id: walletId, seq: String(seq) });
}

/**
 * The number of the wallet's last transfer before that time, 0 when there is none. Time never runs backwards along
 * the numbers, so it is found by halving: some twenty looks into the primary key for a million lines.
 */
export async function findSeqBefore(
  trx: Database | Trx,
  walletId: WalletId,
  { at, seqLast }: { readonly at: Date; readonly seqLast: bigint },
): Promise<bigint> {
  if (seqLast === 0n) return 0n;
  const step = 1n << BigInt(seqLast.toString(2).length - 1);
  const { rows } = await trx.raw<{ rows: { reached: bigint }[] }>(
    `with recursive search (step, reached) as (
       select ?::bigint, 0::bigint
       union all
       select step / 2, reached + case when exists (
         select from transfers where wallet_id = ? and seq = reached + step and created_at < ?
       ) then step else 0 end
       from search where step > 0
     ) select reached from search where step = 0`,
    [String(step), walletId, at],
  );
  return present(rows[0], "a search ends").reached;
}
