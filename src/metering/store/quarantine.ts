import type { ProjectId, UsageBatchId, UsageEventId, WalletId } from "../../kernel/ids.js";
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

/** Those of one project, by the order of their ids, behind `idBefore` when given. */
export async function selectQuarantinedOf(
  db: Database,
  projectId: ProjectId,
  { idBefore, limit }: { readonly idBefore: string | undefined; readonly limit: number },
): Promise<readonly QuarantinedBatch[]> {
  const { rows } = await db.raw<{ rows: QuarantinedBatch[] }>(
    `select id, project_id as "projectId", lane, events, problem, accepted_at as "acceptedAt",
       quarantined_at as "quarantinedAt"
     from usage_batches
     where quarantined_at is not null and project_id = :projectId
       and (:idBefore::uuid is null or id < :idBefore::uuid)
     order by id desc limit :limit`,
    { projectId, idBefore: idBefore ?? null, limit },
  );
  return rows;
}

/** Events of one wallet that cannot be applied, and the batch that they were accepted in. */
export interface SetAside {
  readonly batchId: UsageBatchId;
  readonly lastId: UsageEventId;
  readonly from: UsageBatchId;
  readonly walletId: WalletId;
  readonly eventIds: readonly UsageEventId[];
  readonly problem: string;
}

/** Puts events into a batch of their own, which is in quarantine. */
export async function insertSetAside(trx: Trx, events: SetAside): Promise<void> {
  const { batchId, lastId, from, walletId, eventIds, problem } = events;
  await trx.raw(
    `with batch as (
       insert into usage_batches (project_id, id, last_id, lane, events, accepted_at, set_aside, quarantined_at, problem)
       select project_id, ?, ?, lane, ?, accepted_at, true, clock_timestamp(), ? from usage_batches where id = ?
       returning project_id, id
     )
     insert into usage_set_aside (project_id, wallet_id, event_id, batch_id)
     select project_id, ?, unnest(?::uuid[]), id from batch`,
    [batchId, lastId, eventIds.length, problem, from, walletId, [...eventIds]],
  );
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
