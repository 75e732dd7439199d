import type { Credits } from "../../kernel/credits.js";
import type { PurchaseId } from "../../kernel/ids.js";
import type { Database, Trx } from "../../platform/db/connect.js";

/** What the ledger gave for one purchase. */
export interface PurchaseGrant {
  readonly purchaseId: PurchaseId;
  readonly credits: Credits;
  /** More than one is a bug, or somebody's hand. */
  readonly transfers: number;
}

/** One row for each of the purchases that was granted anything; reads the index of grants. */
export async function selectPurchaseGrants(
  db: Database | Trx,
  ids: readonly PurchaseId[],
): Promise<readonly PurchaseGrant[]> {
  const { rows } = await db.raw<{ rows: PurchaseGrant[] }>(
    `select cause_id as "purchaseId", sum(amount)::bigint as credits, count(*)::int as transfers
     from transfers where kind = 'purchase' and cause_id = any(?::uuid[]) group by cause_id`,
    [`{${ids.join(",")}}`],
  );
  return rows;
}
