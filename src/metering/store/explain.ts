import type { Credits } from "../../kernel/credits.js";
import type { ProjectId, UsageEventId } from "../../kernel/ids.js";
import type { Database, Trx } from "../../platform/db/connect.js";
import { UsageEventRow } from "../models.js";
import { batchOf } from "./event-ids.js";

/** An event as it was accepted, and when it was applied. */
export interface ExplainedEvent extends UsageEventRow {
  readonly acceptedAt: Date;
  readonly appliedAt: Date | null;
  /** What was taken of an event that was not applied in full; `null` for all others. */
  readonly partlyTaken: Credits | null;
}

/** By our id alone: another event of the project may have these very letters as its key. */
export async function selectEvent(
  db: Database | Trx,
  projectId: ProjectId,
  id: UsageEventId,
): Promise<ExplainedEvent | undefined> {
  return UsageEventRow.query(db)
    .select("usage_events.*", "batch.accepted_at", "batch.applied_at", "kept.taken as partlyTaken")
    .joinRaw(`join usage_batches batch on batch.id = ${batchOf("usage_events.id")}`)
    .joinRaw("left join usage_outcomes kept on kept.event_id = usage_events.id")
    .where({ "usage_events.project_id": projectId, "usage_events.id": id })
    .first()
    .castTo<ExplainedEvent | undefined>();
}
