import type { WalletId } from "../../kernel/ids.js";
import type { Database, Trx } from "../../platform/db/connect.js";
import { LotRow, TransferRow } from "../models.js";

/** Far more legs than any posting has: a wallet with so many lots and a hold over all of them. */
const legsMax = 2_000;

/** A transfer and all that its cause moved with it, oldest first. They follow each other in the wallet. */
export async function selectPosting(
  db: Database | Trx,
  walletId: WalletId,
  seq: bigint,
): Promise<readonly TransferRow[]> {
  const asked = await TransferRow.query(db).findById([walletId, String(seq)]);
  if (asked === undefined) return [];
  const first = seq - BigInt(asked.leg);
  return TransferRow.query(db)
    .where({ wallet_id: walletId, cause: asked.cause, cause_id: asked.causeId })
    .whereBetween("seq", [String(first), String(first + BigInt(legsMax))])
    .whereRaw("seq - leg = ?", [String(first)])
    .orderBy("seq");
}

/** A lot, with the words of the transfer that filled it. */
export type FilledLot = LotRow & { readonly memo: string | null };

export async function selectFilledLots(
  db: Database | Trx,
  walletId: WalletId,
  lotNos: readonly number[],
): Promise<readonly FilledLot[]> {
  if (lotNos.length === 0) return [];
  return LotRow.query(db)
    .select("lots.*", "filling.memo")
    .joinRaw(
      `left join transfers filling on filling.wallet_id = lots.wallet_id and filling.lot_no = lots.lot_no
         and filling.kind in ('purchase', 'promotion', 'correction_in')`,
    )
    .where("lots.wallet_id", walletId)
    .whereIn("lots.lot_no", [...lotNos])
    .castTo<FilledLot[]>();
}
