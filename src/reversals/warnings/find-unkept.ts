import type { Database } from "../../platform/db/connect.js";
import { selectKept } from "./store.js";

/** Those of the warnings of an account that were not kept yet, in their order. */
export async function findUnkept(
  db: Database,
  accountId: string,
  warningIds: readonly string[],
): Promise<readonly string[]> {
  if (warningIds.length === 0) return [];
  const kept = await selectKept(db, accountId, warningIds);
  return warningIds.filter((id) => !kept.has(id));
}
