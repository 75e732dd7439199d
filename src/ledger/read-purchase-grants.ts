import type { PurchaseId } from "../kernel/ids.js";
import type { Database, Trx } from "../platform/db/connect.js";
import { type PurchaseGrant, selectPurchaseGrants } from "./store/grants.js";

export type { PurchaseGrant } from "./store/grants.js";

/** What the ledger gave for each of these purchases, by purchase; those that got nothing are left out. */
export async function readPurchaseGrants(
  db: Database | Trx,
  ids: readonly PurchaseId[],
): Promise<ReadonlyMap<PurchaseId, PurchaseGrant>> {
  const grants = ids.length === 0 ? [] : await selectPurchaseGrants(db, ids);
  return new Map(grants.map((grant) => [grant.purchaseId, grant]));
}
