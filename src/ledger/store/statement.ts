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
