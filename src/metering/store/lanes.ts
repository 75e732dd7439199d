import type { Credits } from "../../kernel/credits.js";
import type {
  ApiKeyId,
  ProjectId,
  UsageBatchId,
  UsageEventId,
  WalletId,
} from "../../kernel/ids.js";
import type { RefusalCode } from "../../kernel/refusals.js";
import type { Database, Trx } from "../../platform/db/connect.js";
import { type InsertColumns, insertRows } from "../../platform/db/insert-rows.js";
import { rawPrepared } from "../../platform/db/prepared.js";
import type { Outcome } from "../decide-usage.js";

/** A share of a project's wallets that has something to apply. */
export interface Lane {
  readonly projectId: ProjectId;
  readonly lane: number;
}

/** An event of a claimed batch: what applying it needs. */
export interface ClaimedEvent {
  readonly id: UsageEventId;
  readonly walletId: WalletId;
  readonly event: string;
  readonly credits: Credits | null;
  readonly refusal: RefusalCode | null;
  readonly rateCardVersion: number;
  readonly apiKeyId: ApiKeyId | null;
}

export interface Claim {
  readonly batchIds: readonly UsageBatchId[];
  readonly events: readonly ClaimedEvent[];
}

const isWaiting = `applied_at is null and quarantined_at is null
    and not exists (select from projects where id = ? and paused_at is not null)`;

/**
 * The oldest batches that fit, and their events, by one statement: batches and events are committed together and
 * never change, so the snapshot cannot be too old for them. Of a paused project there is nothing: its row is looked at
 * once, before any batch.
 */
const waitingStatement = (locking: string): string => `
with oldest as materialized (
  select id, last_id, events, set_aside from usage_batches
  where project_id = ? and lane = ? and ${isWaiting} and id <> all(?::uuid[])
  order by id limit ? ${locking}
), fitting as materialized (
  select id, last_id, set_aside, sum(events) over (order by id) as total from oldest
)
select c.id as "batchId", e.id, e.wallet_id as "walletId", e.event, e.credits, e.refusal,
  e.rate_card_version as "rateCardVersion", e.api_key_id as "apiKeyId"
from fitting c left join lateral (
  (select id, wallet_id, event, credits, refusal, rate_card_version, api_key_id from usage_events
    where id > c.id and id <= c.last_id order by id offset 0)
  union all
  (select e.id, e.wallet_id, e.event, e.credits, e.refusal, e.rate_card_version, e.api_key_id
    from usage_set_aside s cross join lateral (select * from usage_events where id = s.event_id offset 0) e
    where c.set_aside and s.batch_id = c.id offset 0)
) e on true
where c.total <= ? order by c.id, e.id`;

const claimStatement = waitingStatement("for no key update");
const readStatement = waitingStatement("");

interface ClaimBounds {
  readonly batchesMax: number;
  readonly eventsMax: number;
}

/**
 * Locks the oldest batches of a lane, at most `batchesMax` of them and `eventsMax` events together. Another worker on
 * the same lane waits here, and then sees what was applied meanwhile, because a locked row is read anew.
 */
export function claimBatches(trx: Trx, lane: Lane, bounds: ClaimBounds): Promise<Claim> {
  return selectWaiting(trx, claimStatement, lane, { ...bounds, besides: [] });
}

/**
 * Reads them without a lock, for whoever locks them later ({@link lockBatches}).
 *
 * @param bounds.besides what is left out, because it is being applied
 */
export function readBatches(
  db: Database,
  lane: Lane,
  bounds: ClaimBounds & { readonly besides: readonly UsageBatchId[] },
): Promise<Claim> {
  return selectWaiting(db, readStatement, lane, bounds);
}

/** Locks batches that were read, and answers how many of them still wait. */
export async function lockBatches(
  trx: Trx,
  { projectId }: Lane,
  ids: readonly UsageBatchId[],
): Promise<number> {
  const { rows } = await rawPrepared<{ rows: unknown[] }>(
    trx,
    `select id from usage_batches where ${isWaiting} and id = any((select ?::uuid[])::uuid[]) order by id for no key update`,
    [projectId, `{${ids.join(",")}}`],
  );
  return rows.length;
}

async function selectWaiting(
  db: Database | Trx,
  statement: string,
  { projectId, lane }: Lane,
  { batchesMax, eventsMax, besides }: Parameters<typeof readBatches>[2],
): Promise<Claim> {
  const { rows } = await rawPrepared<{
    rows: (Omit<ClaimedEvent, "id"> & {
      readonly batchId: UsageBatchId;
      readonly id: UsageEventId | null;
    })[];
  }>(db, statement, [projectId, lane, projectId, `{${besides.join(",")}}`, batchesMax, eventsMax]);
  const batchIds = new Set<UsageBatchId>();
  const events: ClaimedEvent[] = [];
  for (const row of rows) {
    const { batchId, id, walletId, event, credits, refusal, rateCardVersion, apiKeyId } = row;
    batchIds.add(batchId);
    if (id !== null)
      events.push({ id, walletId, event, credits, refusal, rateCardVersion, apiKeyId });
  }
  return { batchIds: [...batchIds], events };
}

export async function markApplied(trx: Trx, batchIds: readonly UsageBatchId[]): Promise<void> {
  await rawPrepared(
    trx,
    "update usage_batches set applied_at = clock_timestamp() where id = any((select ?::uuid[])::uuid[])",
    [`{${batchIds.join(",")}}`],
  );
}

/** Takes a batch out of its lane, so that the ones behind it go on. */
export async function quarantineBatch(
  db: Database | Trx,
  id: UsageBatchId,
  problem: string,
): Promise<boolean> {
  const { rowCount } = await db.raw<{ rowCount: number }>(
    `update usage_batches set quarantined_at = clock_timestamp(), problem = ?
     where id = ? and applied_at is null and quarantined_at is null`,
    [problem, id],
  );
  return rowCount === 1;
}

/** Puts a quarantined batch back into its lane. */
export async function releaseBatch(
  trx: Trx,
  projectId: ProjectId,
  id: UsageBatchId,
): Promise<Lane | undefined> {
  const { rows } = await trx.raw<{ rows: Lane[] }>(
    `update usage_batches set quarantined_at = null, problem = null
     where project_id = ? and id = ? and quarantined_at is not null
     returning project_id as "projectId", lane`,
    [projectId, id],
  );
  return rows[0];
}

const outcomeColumns: InsertColumns<Outcome & { readonly projectId: ProjectId }> = {
  event_id: ["uuid", (outcome) => outcome.eventId],
  wallet_id: ["uuid", (outcome) => outcome.walletId],
  project_id: ["uuid", (outcome) => outcome.projectId],
  outcome: ["usage_outcome", (outcome) => outcome.outcome],
  reason: ["text", (outcome) => outcome.reason],
  detail: ["text", (outcome) => outcome.detail],
  available: ["bigint", (outcome) => outcome.available],
  required: ["bigint", (outcome) => outcome.required],
  taken: ["bigint", (outcome) => outcome.taken],
};

export async function insertOutcomes(
  trx: Trx,
  projectId: ProjectId,
  outcomes: readonly Outcome[],
): Promise<void> {
  const rows = outcomes.map((outcome) => ({ ...outcome, projectId }));
  await insertRows(trx, "usage_outcomes", outcomeColumns, rows);
}

/** Why an event was rejected. */
export interface Rejection {
  readonly code: RefusalCode;
  readonly detail: string;
}

export async function selectRejections(
  trx: Trx,
  projectId: ProjectId,
  eventIds: readonly UsageEventId[],
): Promise<ReadonlyMap<UsageEventId, Rejection>> {
  const { rows } = await trx.raw<{ rows: (Rejection & { readonly id: UsageEventId })[] }>(
    `select event_id as id, reason as code, coalesce(detail, '') as detail from usage_outcomes
     where event_id = any(?::uuid[]) and project_id = ? and outcome = 'rejected'`,
    [`{${eventIds.join(",")}}`, projectId],
  );
  return new Map(rows.map(({ id, code, detail }) => [id, { code, detail }]));
}

const notPaused = "project_id <> all (array(select id from projects where paused_at is not null))";

/** The lanes with batches that wait longer than a ring takes. Those of paused projects wait for a person. */
export async function waitingLanes(
  db: Database | Trx,
  { olderThanMs, limit }: { readonly olderThanMs: number; readonly limit: number },
): Promise<readonly Lane[]> {
  const { rows } = await db.raw<{ rows: Lane[] }>(
    `select distinct project_id as "projectId", lane from usage_batches
     where applied_at is null and quarantined_at is null
       and accepted_at < statement_timestamp() - ? * interval '1 millisecond' and ${notPaused}
     limit ?`,
    [olderThanMs, limit],
  );
  return rows;
}

export interface Backlog {
  /** How long the oldest batch of each project that has one has been waiting; paused projects are left out. */
  readonly lagMs: ReadonlyMap<ProjectId, number>;
  readonly quarantined: number;
}

export async function selectBacklog(db: Database | Trx): Promise<Backlog> {
  const { rows } = await db.raw<{ rows: { projectId: ProjectId; lagMs: number }[] }>(
    `select project_id as "projectId",
       (extract(epoch from clock_timestamp() - min(accepted_at)) * 1000)::float8 as "lagMs"
     from usage_batches where applied_at is null and quarantined_at is null and ${notPaused} group by project_id`,
  );
  const quarantined = await db.raw<{ rows: { count: number }[] }>(
    "select count(*)::integer as count from usage_batches where quarantined_at is not null",
  );
  return {
    lagMs: new Map(rows.map(({ projectId, lagMs }) => [projectId, lagMs])),
    quarantined: quarantined.rows[0]?.count ?? 0,
  };
}
