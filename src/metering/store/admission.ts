import { present } from "../../kernel/assert.js";
import type { ProjectId, UsageBatchId, UsageEventId } from "../../kernel/ids.js";
import type { Database, Trx } from "../../platform/db/connect.js";
import { rawPrepared } from "../../platform/db/prepared.js";
import type { UsageEvent } from "../rules.js";

/** Events that are accepted together, all of one project and one lane. */
export interface NewBatch {
  readonly id: UsageBatchId;
  readonly projectId: ProjectId;
  readonly lane: number;
  readonly events: readonly UsageEvent[];
  /** Whether they are applied in the same transaction. */
  readonly applied: boolean;
}

export interface Admission {
  /** The projects whose rate card was superseded meanwhile: then nothing was written. */
  readonly stale: readonly ProjectId[];
  /** Whether an event was written; the others were known by their key. */
  readonly isAdmitted: (id: UsageEventId) => boolean;
}

const given = {
  batches: `json_to_recordset(?::json) as b (project_id uuid, id uuid, last_id uuid, lane smallint, events integer,
    applied boolean)`,
  events: `json_to_recordset(?::json) as e (project_id uuid, id uuid, wallet_id uuid, key text, event text, model text,
    credits bigint, refusal text, own_price boolean, rate_card_version integer, quantity jsonb, properties jsonb,
    metadata jsonb, occurred_at timestamptz, hold_id uuid, quote_id uuid, api_key_id uuid, request_id text)`,
  versions: "json_to_recordset(?::json) as v (project_id uuid, version integer)",
};

const eventColumns = `project_id, id, wallet_id, key, event, model, credits, refusal, own_price, rate_card_version,
  quantity, properties, metadata, occurred_at, hold_id, quote_id, api_key_id, request_id`;

/** One statement, so one commit: the rate cards are looked at in the snapshot that accepts the events. */
const admitting = `
with stale as materialized (
  select v.project_id from ${given.versions}
  where v.version <> coalesce((select max(version) from rate_cards c where c.project_id = v.project_id), 0)
), admitted as (
  insert into usage_events (${eventColumns})
  select ${eventColumns} from ${given.events} where not exists (select from stale)
  on conflict (project_id, key) do nothing
  returning id
), batches as (
  insert into usage_batches (project_id, id, last_id, lane, events, applied_at)
  select project_id, id, last_id, lane, events, case when applied then clock_timestamp() end
  from ${given.batches}
  where exists (select from admitted a where a.id > b.id and a.id <= b.last_id)
)`;

/** The ids of what was written are sent back only when it is not all. */
const admitStatement = `${admitting}
select (select array_agg(project_id) from stale) as stale,
  (select case when count(*) < ? then coalesce(array_agg(id), '{}') end from admitted) as admitted`;

const expectStatement = `${admitting}
select usage_expect(not exists (select from stale) and (select count(*) from admitted) = ?)`;

/**
 * Accepts batches of priced events. Nothing is written when the rate card of a project is not the one that its events
 * were priced by. Of events with a key that is known, the first stays.
 */
export async function insertUsage(
  trx: Database | Trx,
  batches: readonly NewBatch[],
  versions: ReadonlyMap<ProjectId, number>,
): Promise<Admission> {
  const { rows } = await rawPrepared<{
    rows: { stale: ProjectId[] | null; admitted: UsageEventId[] | null }[];
  }>(trx, admitStatement, [...toParameters(batches, versions), countOf(batches)]);
  const { stale, admitted } = present(rows[0], "there is one row");
  const some = admitted === null ? undefined : new Set(admitted);
  return { stale: stale ?? [], isAdmitted: (id) => some?.has(id) ?? true };
}

/**
 * The same for whoever has applied the events and does not wait for the answer: the database refuses the transaction
 * (`usage_as_expected`) when a rate card was superseded or the key of an event was known.
 */
export async function insertExpected(
  trx: Trx,
  batches: readonly NewBatch[],
  versions: ReadonlyMap<ProjectId, number>,
): Promise<void> {
  if (batches.length === 0) return;
  await rawPrepared(trx, expectStatement, [...toParameters(batches, versions), countOf(batches)]);
}

function countOf(batches: readonly NewBatch[]): number {
  return batches.reduce((sum, batch) => sum + batch.events.length, 0);
}

function toParameters(
  batches: readonly NewBatch[],
  versions: ReadonlyMap<ProjectId, number>,
): readonly [string, string, string] {
  const events = batches.flatMap((batch) => batch.events.map(toRow));
  return [
    JSON.stringify(
      [...versions].map(([projectId, version]) => ({ project_id: projectId, version })),
    ),
    JSON.stringify(events),
    JSON.stringify(batches.map(toBatchRow)),
  ];
}

function toBatchRow({ id, projectId, lane, events, applied }: NewBatch) {
  const last = events.at(-1)?.id ?? id;
  return { project_id: projectId, id, last_id: last, lane, events: events.length, applied };
}

/**
 * Credits stay below the limit of a wallet, so as micro-credits they are exact as a JSON number. What is null is left
 * out: most of an event is, and both sides would spend more on it than on the rest.
 */
function toRow(usage: UsageEvent) {
  return {
    project_id: usage.projectId,
    id: usage.id,
    wallet_id: usage.walletId,
    key: usage.key,
    event: usage.event,
    model: usage.model ?? undefined,
    credits: usage.credits === null ? undefined : Number(usage.credits),
    refusal: usage.refusal ?? undefined,
    own_price: usage.ownPrice,
    rate_card_version: usage.rateCardVersion,
    quantity: usage.quantity ?? undefined,
    properties: usage.properties ?? undefined,
    metadata: usage.metadata ?? undefined,
    occurred_at: usage.occurredAt ?? undefined,
    hold_id: usage.holdId ?? undefined,
    quote_id: usage.quoteId ?? undefined,
    api_key_id: usage.apiKeyId ?? undefined,
    request_id: usage.requestId ?? undefined,
  };
}
