import { assert } from "../../kernel/assert.js";
import type { Credits } from "../../kernel/credits.js";
import type { ProjectId, UsageEventId } from "../../kernel/ids.js";
import type { RefusalCode } from "../../kernel/refusals.js";
import type { Database, Trx } from "../../platform/db/connect.js";
import { UsageEventRow } from "../models.js";
import type { UsageEvent } from "../rules.js";
import { batchOf, idFloor } from "./event-ids.js";
import { selectNewestIds, type UsageFilter } from "./newest.js";
export type { UsageFilter } from "./newest.js";

/** An event with everything that tells what became of it. */
export interface UsageRow {
  readonly event: UsageEvent;
  readonly customerId: string;
  readonly acceptedAt: Date;
  readonly appliedAt: Date | null;
  readonly quarantinedAt: Date | null;
  readonly outcome: "rejected" | "partial" | null;
  readonly reason: RefusalCode | null;
  readonly detail: string | null;
  readonly available: Credits | null;
  readonly taken: Credits;
  readonly seqs: readonly bigint[];
  readonly after: {
    readonly available: Credits;
    readonly held: Credits;
    readonly debt: Credits;
  } | null;
}

type Flat = UsageEventRow &
  Omit<UsageRow, "event" | "after" | "seqs"> & {
    readonly seqs: readonly bigint[] | null;
    readonly availableAfter: Credits | null;
    readonly heldAfter: Credits | null;
    readonly debtAfter: Credits | null;
  };

function withOutcome(db: Database | Trx) {
  return (
    UsageEventRow.query(db)
      .select("usage_events.*", "wallets.customer_id", "batch.accepted_at", "batch.applied_at")
      .select(
        "batch.quarantined_at",
        "kept.outcome",
        "kept.reason",
        "kept.detail",
        "kept.available",
      )
      .select("moved.taken", "moved.seqs")
      .select("last.available_after", "last.held_after", "last.debt_after")
      // By index, however few wallets there are.
      .joinRaw(
        "cross join lateral (select customer_id from wallets w where w.id = usage_events.wallet_id offset 0) wallets",
      )
      .joinRaw(`join usage_batches batch on batch.id = ${batchOf("usage_events.id")}`)
      .joinRaw("left join usage_outcomes kept on kept.event_id = usage_events.id")
      .joinRaw(
        `cross join lateral (
         select coalesce(sum(amount) filter (where kind in ('spend', 'overdraft', 'capture')), 0)::bigint as taken,
           array_agg(seq order by seq) as seqs
         from transfers where cause_id = usage_events.id and cause = 'usage'
       ) moved`,
      )
      .joinRaw(
        `left join transfers last on last.wallet_id = usage_events.wallet_id
         and last.seq = moved.seqs[array_length(moved.seqs, 1)]`,
      )
      .castTo<Flat[]>()
  );
}

/** By the caller's key, or by our id. */
export async function selectUsage(
  db: Database | Trx,
  projectId: ProjectId,
  { key, id }: { readonly key: string; readonly id: UsageEventId | undefined },
): Promise<UsageRow | undefined> {
  const byKey = await withOutcome(db).where({
    "usage_events.project_id": projectId,
    "usage_events.key": key,
  });
  const rows =
    byKey.length > 0 || id === undefined
      ? byKey
      : await withOutcome(db).where({
          "usage_events.project_id": projectId,
          "usage_events.id": id,
        });
  return rows.map(toRow)[0];
}

/** The newest first. An id begins with its time, so times are ranges of ids. */
export async function selectUsages(
  db: Database | Trx,
  projectId: ProjectId,
  filter: UsageFilter,
): Promise<readonly UsageRow[]> {
  const { walletId, event, from, to, idBefore, limit } = filter;
  const query = withOutcome(db)
    .where({ "usage_events.project_id": projectId })
    .orderBy("usage_events.id", "desc")
    .limit(limit);
  if (walletId === undefined) {
    const ids = await selectNewestIds(db, projectId, filter);
    return (await query.whereRaw("usage_events.id = any(?::uuid[])", [[...ids]])).map(toRow);
  }
  query.where("usage_events.wallet_id", walletId);
  if (event !== undefined) query.where("usage_events.event", event);
  if (from !== undefined) query.where("usage_events.id", ">=", idFloor(from));
  if (to !== undefined) query.where("usage_events.id", "<", idFloor(to));
  if (idBefore !== undefined) query.where("usage_events.id", "<", idBefore);
  return (await query).map(toRow);
}

export interface SummaryLine {
  readonly event: string;
  readonly model: string | null;
  /** `2026-01-31`, UTC. */
  readonly day: string;
  readonly events: number;
  readonly applied: number;
  readonly rejected: number;
  readonly credits: Credits;
}

/** Most lines that a summary has; one more is read, to tell that there are more. */
export const summaryLinesMax = 5_000;

export interface SummaryRows {
  /** Of all events, also of those whose lines are not read. */
  readonly total: Pick<SummaryLine, "events" | "credits">;
  readonly lines: readonly SummaryLine[];
}

/** What events of a time came to, by event, model and day, and altogether. */
export async function selectSummary(
  db: Database | Trx,
  projectId: ProjectId,
  {
    walletId,
    event,
    from,
    to,
  }: Omit<UsageFilter, "limit"> & { readonly from: Date; readonly to: Date },
): Promise<SummaryRows> {
  const { rows } = await db.raw<{ rows: readonly (SummaryLine & { readonly all: boolean })[] }>(
    `select grouping(event) = 1 as "all", event, model, day, count(*)::float8 as events,
       count(*) filter (where applied_at is not null and outcome is distinct from 'rejected')::float8 as applied,
       count(*) filter (where outcome = 'rejected')::float8 as rejected,
       coalesce(sum(case when applied_at is null or outcome = 'rejected' then 0 when outcome = 'partial' then taken
         else credits end), 0)::bigint as credits
     from (
       select e.event, e.model, (accepted_at at time zone 'UTC')::date::text as day, applied_at, outcome, taken, credits
       from usage_events e
       join usage_batches b on b.id = ${batchOf("e.id")}
       left join usage_outcomes o on o.event_id = e.id
       where e.project_id = ? and e.id >= ? and e.id < ?
         and (?::uuid is null or e.wallet_id = ?::uuid) and (?::text is null or e.event = ?::text)
     ) used
     group by grouping sets ((event, model, day), ())
     order by 1 desc, day desc, event, model limit ?`,
    [
      projectId,
      idFloor(from),
      idFloor(to),
      walletId ?? null,
      walletId ?? null,
      event ?? null,
      event ?? null,
      summaryLinesMax + 2,
    ],
  );
  const [total, ...lines] = rows;
  assert(total?.all === true, "the sum of all stands first");
  return { total, lines: lines.map(({ all: _all, ...line }) => line) };
}

function toRow(flat: Flat): UsageRow {
  const { availableAfter, heldAfter, debtAfter, seqs, ...rest } = flat;
  const after =
    availableAfter === null || heldAfter === null || debtAfter === null
      ? null
      : { available: availableAfter, held: heldAfter, debt: debtAfter };
  return { ...rest, event: flat, seqs: seqs ?? [], after };
}
