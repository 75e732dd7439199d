import type { PurchaseId } from "../../kernel/ids.js";
import type { Database, Trx } from "../../platform/db/connect.js";
import type { Run } from "../rules.js";

/** Keeps that the payments of these purchases were met; those that were met before stay as they are. */
export async function insertSightings(
  trx: Trx,
  { id, projectId }: Pick<Run, "id" | "projectId">,
  purchaseIds: readonly PurchaseId[],
): Promise<void> {
  if (purchaseIds.length === 0) return;
  await trx.raw(
    `insert into sighted_purchases (purchase_id, project_id, sighted_by)
     select purchase_id, ?, ? from unnest(?::uuid[]) purchase_id on conflict do nothing`,
    [projectId, id, [...new Set(purchaseIds)].toSorted()],
  );
}

/** Those of these purchases whose payments were met by any run. */
export async function selectSighted(
  db: Database | Trx,
  purchaseIds: readonly PurchaseId[],
): Promise<ReadonlySet<PurchaseId>> {
  if (purchaseIds.length === 0) return new Set();
  const { rows } = await db.raw<{ rows: { id: PurchaseId }[] }>(
    "select purchase_id as id from sighted_purchases where purchase_id = any(?::uuid[])",
    [[...purchaseIds]],
  );
  return new Set(rows.map(({ id }) => id));
}
