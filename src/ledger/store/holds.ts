import type { HoldId, ProjectId, WalletId } from "../../kernel/ids.js";
import type { Database, Trx } from "../../platform/db/connect.js";
import { HoldRow, type WalletRow } from "../models.js";

// Reserves stand in the same table. They have a purpose, and are no hold of whoever asks for holds.

/** A hold beside the wallet that it belongs to, as both are in one snapshot. */
export type HoldWithWallet = HoldRow &
  Pick<WalletRow, "customerId" | "available" | "held" | "debt">;

export async function findHolds(
  trx: Database | Trx,
  projectId: ProjectId,
  ids: readonly HoldId[],
): Promise<readonly HoldWithWallet[]> {
  return HoldRow.query(trx)
    .join("wallets", "wallets.id", "holds.wallet_id")
    .select("holds.*", "wallets.customer_id", "wallets.available", "wallets.held", "wallets.debt")
    .where({ "holds.project_id": projectId })
    .whereNull("holds.purpose")
    .whereRaw("holds.id = any(?::uuid[])", [`{${ids.join(",")}}`])
    .castTo<HoldWithWallet[]>();
}

/** The newest first, behind `idBefore` when given. */
export async function selectHolds(
  trx: Database | Trx,
  walletId: WalletId,
  {
    state,
    idBefore,
    limit,
  }: {
    readonly state: "open" | NonNullable<HoldRow["endedAs"]> | undefined;
    readonly idBefore: HoldId | undefined;
    readonly limit: number;
  },
): Promise<readonly HoldRow[]> {
  const newest = HoldRow.query(trx)
    .where({ wallet_id: walletId })
    .whereNull("purpose")
    .orderBy("id", "desc")
    .limit(limit);
  if (idBefore !== undefined) newest.where("id", "<", idBefore);
  if (state === "open") newest.whereNull("ended_at");
  else if (state !== undefined) newest.where({ ended_as: state });
  return newest;
}

/** The wallet must be locked, so that nobody ends the hold meanwhile. */
export async function updateHoldExpiry(
  trx: Trx,
  hold: { readonly id: HoldId; readonly walletId: WalletId; readonly expiresAt: Date },
): Promise<number> {
  return HoldRow.query(trx)
    .where({ id: hold.id, wallet_id: hold.walletId })
    .whereNull("ended_at")
    .patch({ expiresAt: hold.expiresAt });
}

export async function selectHoldTerms(
  trx: Database | Trx,
  projectId: ProjectId,
  ids: readonly HoldId[],
): Promise<readonly HoldRow[]> {
  return HoldRow.query(trx)
    .where({ project_id: projectId })
    .whereNull("purpose")
    .whereRaw("id = any(?::uuid[])", [`{${ids.join(",")}}`]);
}
