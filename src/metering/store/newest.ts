import type { ProjectId, UsageEventId, WalletId } from "../../kernel/ids.js";
import type { Database, Trx } from "../../platform/db/connect.js";
import { idFloor } from "./event-ids.js";

export interface UsageFilter {
  readonly walletId?: WalletId | undefined;
  readonly event?: string | undefined;
  /** Accepted at or after, and before. */
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
  readonly idBefore?: UsageEventId | undefined;
  readonly limit: number;
}

/**
 * The newest events of a project, through its batches, so past nobody else's: an event's id is its batch's with the
 * place behind it, so batches in order have their events in order, and the times of both are the same.
 */
const newestStatement = `
select e.id from (
  select id, last_id from usage_batches
  where project_id = :projectId and id >= :from::uuid and id < :before::uuid order by id desc offset 0
) b cross join lateral (
  select id from usage_events
  where id > b.id and id <= b.last_id and id < :idBefore::uuid and (:event::text is null or event = :event::text)
  order by id desc offset 0
) e
order by b.id desc, e.id desc limit :limit`;

const lowest = "00000000-0000-0000-0000-000000000000";
const highest = "ffffffff-ffff-ffff-ffff-ffffffffffff";

export async function selectNewestIds(
  db: Database | Trx,
  projectId: ProjectId,
  { event, from, to, idBefore = highest as UsageEventId, limit }: UsageFilter,
): Promise<readonly UsageEventId[]> {
  const until = to === undefined ? highest : idFloor(to);
  const { rows } = await db.raw<{ rows: { id: UsageEventId }[] }>(newestStatement, {
    projectId,
    event: event ?? null,
    from: from === undefined ? lowest : idFloor(from),
    before: until < idBefore ? until : idBefore,
    idBefore,
    limit,
  });
  return rows.map(({ id }) => id);
}
