import type { PurchaseId } from "../kernel/ids.js";
import type { Database, Trx } from "../platform/db/connect.js";
import { type PurchaseLot, selectPurchaseLots } from "./store/grants.js";

export type { PurchaseLot } from "./store/grants.js";

/** What became of the credits of each of these purchases, by purchase; those that got none are left out. */
export async function readPurchaseLots(
  db: Database | Trx,
  ids: readonly PurchaseId[],
): Promise<ReadonlyMap<PurchaseId, PurchaseLot>> {
  const lots = ids.length === 0 ? [] : await selectPurchaseLots(db, ids);
  return new Map(lots.map((lot) => [lot.purchaseId, lot]));
}
