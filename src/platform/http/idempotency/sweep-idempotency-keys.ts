import { assert } from "../../../kernel/assert.js";
import type { Database } from "../../db/connect.js";

/** Callers may retry for a day. */
export const keptHoursMin = 24;
const sweepLimitMax = 10_000;

/**
 * Deletes at most `limit` keys that are older than `olderThanHours` (at least 24) and not being worked on. Answers how
 * many went; call again while that is `limit`.
 */
export async function sweepIdempotencyKeys(
  database: Database,
  { olderThanHours, limit }: { readonly olderThanHours: number; readonly limit: number },
): Promise<number> {
  assert(olderThanHours >= keptHoursMin, "a key is kept for a day");
  assert(limit > 0 && limit <= sweepLimitMax, "one sweep deletes 1 to 10,000 keys");
  const answer: { rowCount: number | null } = await database.raw(
    `delete from idempotency_keys where (project_id, key) in (
       select project_id, key from idempotency_keys
       where created_at < clock_timestamp() - make_interval(hours => ?)
         and locked_until < clock_timestamp()
       order by created_at limit ? for update skip locked)`,
    [olderThanHours, limit],
  );
  return answer.rowCount ?? 0;
}
