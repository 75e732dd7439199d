import type { ProjectId, UsageBatchId } from "../../kernel/ids.js";
import type { Database, Trx } from "../../platform/db/connect.js";

/** Accepted usage that could not be applied, and that a person has to look at. */
export interface QuarantinedBatch {
  readonly id: UsageBatchId;
  readonly projectId: ProjectId;
  readonly lane: number;
  readonly events: number;
  /** What the database or the ledger said. */
  readonly problem: string;
  readonly acceptedAt: Date;
  readonly quarantinedAt: Date;
}

/** The newest first, of one project or of all. */
export async function selectQuarantinedBatches(
  db: Database | Trx,
  { projectId, limit }: { readonly projectId: ProjectId | undefined; readonly limit: number },
): Promise<readonly QuarantinedBatch[]> {
  const { rows } = await db.raw<{ rows: QuarantinedBatch[] }>(
    `select id, project_id as "projectId", lane, events, problem, accepted_at as "acceptedAt",
       quarantined_at as "quarantinedAt"
     from usage_batches
     where quarantined_at is not null and (?::uuid is null or project_id = ?::uuid)
     order by quarantined_at desc, id desc limit ?`,
    [projectId ?? null, projectId ?? null, limit],
  );
  return rows;
}

/** `undefined` when the project has no such batch; of a batch that is not in quarantine when it was applied. */
export async function findBatchState(
  db: Database | Trx,
  projectId: ProjectId,
  id: UsageBatchId,
): Promise<{ readonly problem: string | null; readonly appliedAt: Date | null } | undefined> {
  const { rows } = await db.raw<{ rows: { problem: string | null; appliedAt: Date | null }[] }>(
    `select problem, applied_at as "appliedAt" from usage_batches where project_id = ? and id = ?`,
    [projectId, id],
  );
  return rows[0];
}
