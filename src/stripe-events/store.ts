import { present } from "../kernel/assert.js";
import type { ProjectId } from "../kernel/ids.js";
import type { Database, Trx } from "../platform/db/connect.js";
import { type InsertColumns, insertRows } from "../platform/db/insert-rows.js";
import { StripeEventRow } from "./models.js";
import {
  type EventStatus,
  type EventVerdict,
  type InboxEvent,
  patienceSeconds,
  type StripeEventId,
} from "./rules.js";

export interface NewEvent {
  readonly id: StripeEventId;
  readonly projectId: ProjectId;
  readonly accountId: string;
  readonly livemode: boolean;
  readonly eventId: string;
  readonly type: string;
  /** The body as Stripe signed it. */
  readonly payload: string;
}

const columns: InsertColumns<NewEvent> = {
  id: ["uuid", (event) => event.id],
  project_id: ["uuid", (event) => event.projectId],
  account_id: ["text", (event) => event.accountId],
  livemode: ["boolean", (event) => event.livemode],
  event_id: ["text", (event) => event.eventId],
  type: ["text", (event) => event.type],
  payload: ["json", (event) => event.payload],
};

/** Records what is new in one committed statement, and answers which of the events were. */
export async function insertEvents(
  db: Database | Trx,
  events: readonly NewEvent[],
): Promise<ReadonlySet<StripeEventId>> {
  // Two batches that share events insert them in one order, so they wait for each other and never lock up.
  const ordered = events.toSorted(
    (a, b) => compareText(a.projectId, b.projectId) || compareText(a.eventId, b.eventId),
  );
  const rows = await insertRows<NewEvent, { id: StripeEventId }>(
    db,
    "stripe_events",
    columns,
    ordered,
    "on conflict on constraint stripe_events_once do nothing returning id",
  );
  return new Set(rows.map((row) => row.id));
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** Those of the events that still wait for a worker. */
export async function selectReceived(
  db: Database,
  ids: readonly StripeEventId[],
): Promise<readonly InboxEvent[]> {
  const { rows } = await db.raw<{ rows: InboxRow[] }>(
    `select id, project_id, account_id, livemode, event_id, type, status, attempts,
            payload -> 'data' -> 'object' ->> 'object' as object_kind,
            payload -> 'data' -> 'object' ->> 'id' as object_id
     from stripe_events where id = any(?) and status = 'received'`,
    [[...ids]],
  );
  return rows.map(toInboxEvent);
}

interface InboxRow {
  readonly id: StripeEventId;
  readonly project_id: ProjectId;
  readonly account_id: string;
  readonly livemode: boolean;
  readonly event_id: string;
  readonly type: string;
  readonly status: InboxEvent["status"];
  readonly attempts: number;
  readonly object_kind: string | null;
  readonly object_id: string | null;
}

function toInboxEvent(row: InboxRow): InboxEvent {
  return {
    id: row.id,
    projectId: row.project_id,
    accountId: row.account_id,
    livemode: row.livemode,
    eventId: row.event_id,
    type: row.type,
    status: row.status,
    attempts: row.attempts,
    object: { kind: row.object_kind ?? "", id: row.object_id ?? "" },
  };
}

/** Writes the end of an event, once; a second worker that was slower changes nothing. */
export async function finishEvent(
  db: Database | Trx,
  id: StripeEventId,
  verdict: EventVerdict | { readonly status: "failed"; readonly reason: string },
): Promise<void> {
  const reason = verdict.status === "processed" ? null : verdict.reason.slice(0, 500);
  await db.raw(
    `update stripe_events
     set status = ?, reason = ?, attempts = attempts + 1, next_attempt_at = null, finished_at = clock_timestamp()
     where id = ? and status = 'received'`,
    [verdict.status, reason, id],
  );
}

export async function postponeEvent(
  db: Database | Trx,
  id: StripeEventId,
  { reason, seconds }: { readonly reason: string; readonly seconds: number },
): Promise<void> {
  await db.raw(
    `update stripe_events
     set attempts = attempts + 1, reason = ?, next_attempt_at = clock_timestamp() + make_interval(secs => ?)
     where id = ? and status = 'received'`,
    [reason.slice(0, 500), seconds, id],
  );
}

/** Events that wait longer than they should. Each is claimed for a while, so that two sweeps share the work. */
export async function claimOverdue(
  db: Database,
  limit: number,
): Promise<readonly { readonly id: StripeEventId; readonly type: string }[]> {
  const { rows } = await db.raw<{ rows: { id: StripeEventId; type: string }[] }>(
    `update stripe_events e set next_attempt_at = clock_timestamp() + make_interval(secs => ?)
     from (select id from stripe_events where next_attempt_at <= clock_timestamp()
           order by next_attempt_at limit ? for update skip locked) due
     where e.id = due.id returning e.id, e.type`,
    [3 * patienceSeconds, limit],
  );
  return rows;
}

/** What became of an event, or `undefined` when the project has none by that id. */
export async function findEventStatus(
  db: Database | Trx,
  projectId: ProjectId,
  eventId: string,
): Promise<EventStatus | undefined> {
  const row = await StripeEventRow.query(db)
    .select("status")
    .where({ project_id: projectId, event_id: eventId })
    .first();
  return row?.status;
}

/** An event that reached the inbox. */
export interface Arrival {
  /** `evt_…` */
  readonly eventId: string;
  readonly type: string;
  readonly status: EventStatus;
  /** Why it was ignored or failed. */
  readonly reason: string | null;
  /** The Stripe object that it is about. */
  readonly objectId: string | null;
  /** By the database's clock. */
  readonly receivedAt: Date;
  readonly ageSeconds: number;
}

/** The newest first. Ids are in order of time, so the primary key leads there. */
export async function selectNewestEvents(
  db: Database,
  projectId: ProjectId,
  limit: number,
): Promise<readonly Arrival[]> {
  const { rows } = await db.raw<{ rows: Arrival[] }>(
    `select event_id as "eventId", type, status, reason, payload->'data'->'object'->>'id' as "objectId",
            received_at as "receivedAt",
            extract(epoch from clock_timestamp() - received_at)::float8 as "ageSeconds"
     from stripe_events where project_id = ? order by id desc limit ?`,
    [projectId, limit],
  );
  return rows;
}

/** Opens an event again that was given up or had no handler, for an operator. Answers whether there was one. */
export async function reopenEvent(
  db: Database | Trx,
  projectId: ProjectId,
  eventId: string,
): Promise<boolean> {
  const { rowCount } = await db.raw<{ rowCount: number }>(
    `update stripe_events
     set status = 'received', attempts = 0, finished_at = null, next_attempt_at = clock_timestamp()
     where project_id = ? and event_id = ? and status in ('unhandled', 'failed')`,
    [projectId, eventId],
  );
  return rowCount > 0;
}

/** An event that had no effect and waits for a person: it was given up, or nothing handles its type. */
export interface TroubledEvent {
  readonly id: StripeEventId;
  readonly projectId: ProjectId;
  readonly accountId: string;
  readonly livemode: boolean;
  /** `evt_…` */
  readonly eventId: string;
  readonly type: string;
  readonly status: "failed" | "unhandled";
  readonly reason: string | null;
  readonly attempts: number;
  readonly receivedAt: Date;
}

/** The newest first, over all projects, without their payloads. */
export async function selectTroubled(
  db: Database,
  status: TroubledEvent["status"],
  limit: number,
): Promise<readonly TroubledEvent[]> {
  const { rows } = await db.raw<{ rows: TroubledEvent[] }>(
    `select id, project_id as "projectId", account_id as "accountId", livemode, event_id as "eventId",
            type, status, reason, attempts, received_at as "receivedAt"
     from stripe_events where status = ? order by received_at desc limit ?`,
    [status, limit],
  );
  return rows;
}

export interface GivenUpEvent extends TroubledEvent {
  /** When it was given up, or found that nothing handles it. */
  readonly finishedAt: Date;
}

/** Those of one project, the newest first, behind `idBefore` when given. */
export async function selectTroubledOf(
  db: Database,
  projectId: ProjectId,
  { idBefore, limit }: { readonly idBefore: string | undefined; readonly limit: number },
): Promise<readonly GivenUpEvent[]> {
  const { rows } = await db.raw<{ rows: GivenUpEvent[] }>(
    `select id, project_id as "projectId", account_id as "accountId", livemode, event_id as "eventId",
            type, status, reason, attempts, received_at as "receivedAt", finished_at as "finishedAt"
     from stripe_events
     where project_id = :projectId and status in ('failed', 'unhandled')
       and (:idBefore::uuid is null or id < :idBefore::uuid)
     order by id desc limit :limit`,
    { projectId, idBefore: idBefore ?? null, limit },
  );
  return rows;
}

/** Stripe's id of an event by ours. */
export async function findEventId(
  db: Database | Trx,
  projectId: ProjectId,
  id: StripeEventId,
): Promise<string | undefined> {
  const row = await StripeEventRow.query(db)
    .select("event_id")
    .findOne({ project_id: projectId, id });
  return row?.eventId;
}

/** How far processing is behind receiving. */
export interface InboxLag {
  /** Events that still wait for their effect, over all projects. */
  readonly waiting: number;
  /** Since the oldest of them arrived; 0 when none waits. */
  readonly oldestSeconds: number;
  /** Events that were given up, at most 10,000. */
  readonly failed: number;
}

const failedCountedMax = 10_000;

export async function measureReceived(db: Database): Promise<InboxLag> {
  const { rows } = await db.raw<{ rows: InboxLag[] }>(
    `select waiting, failed, coalesce(extract(epoch from clock_timestamp() - oldest), 0)::float8 as "oldestSeconds"
     from (select count(*)::int as waiting, min(received_at) as oldest
           from stripe_events where next_attempt_at is not null) open,
          (select count(*)::int as failed
           from (select from stripe_events where status = 'failed' limit ?) given_up) troubled`,
    [failedCountedMax],
  );
  return present(rows[0], "measuring answers one row");
}
