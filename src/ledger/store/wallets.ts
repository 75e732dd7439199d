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

/** The wallets of customers; those without one are left out. */
export async function findWalletIds(
  db: Database | Trx,
  customers: readonly { readonly projectId: ProjectId; readonly customerId: string }[],
): Promise<
  readonly { readonly projectId: ProjectId; readonly customerId: string; readonly id: WalletId }[]
> {
  const { rows } = await db.raw<{
    rows: { projectId: ProjectId; customerId: string; id: WalletId }[];
  }>(
    `select w.project_id as "projectId", w.customer_id as "customerId", w.id
     from unnest(?::uuid[], ?::text[]) as asked (project_id, customer_id)
     join wallets w on w.project_id = asked.project_id and w.customer_id = asked.customer_id`,
    [customers.map(({ projectId }) => projectId), customers.map(({ customerId }) => customerId)],
  );
  return rows;
}

export async function insertWallets(
  db: Database | Trx,
  wallets: readonly {
    readonly id: WalletId;
    readonly projectId: ProjectId;
    readonly customerId: string;
  }[],
): Promise<void> {
  await db.raw(
    `insert into wallets (id, project_id, customer_id) select * from unnest(?::uuid[], ?::uuid[], ?::text[])
     on conflict (project_id, customer_id) do nothing`,
    [
      wallets.map(({ id }) => id),
      wallets.map(({ projectId }) => projectId),
      wallets.map(({ customerId }) => customerId),
    ],
  );
}
