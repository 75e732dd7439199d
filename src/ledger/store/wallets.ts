import type { ProjectId, WalletId } from "../../kernel/ids.js";
import type { Database, Trx } from "../../platform/db/connect.js";
import { WalletRow } from "../models.js";

/** Opens the wallet if it is new. One statement for any number of callers at once. */
export async function insertWallet(
  trx: Database | Trx,
  wallet: { readonly id: WalletId; readonly projectId: ProjectId; readonly customerId: string },
): Promise<void> {
  await trx.raw(
    `insert into wallets (id, project_id, customer_id) values (?, ?, ?)
     on conflict (project_id, customer_id) do nothing`,
    [wallet.id, wallet.projectId, wallet.customerId],
  );
}

export async function findWallet(
  trx: Database | Trx,
  projectId: ProjectId,
  customerId: string,
): Promise<WalletRow | undefined> {
  return WalletRow.query(trx).findOne({ project_id: projectId, customer_id: customerId });
}

export async function findWalletById(
  trx: Database | Trx,
  projectId: ProjectId,
  id: WalletId,
): Promise<WalletRow | undefined> {
  return WalletRow.query(trx).findOne({ project_id: projectId, id });
}

export async function findWalletAnywhere(
  trx: Database | Trx,
  id: WalletId,
): Promise<WalletRow | undefined> {
  return WalletRow.query(trx).findById(id);
}
