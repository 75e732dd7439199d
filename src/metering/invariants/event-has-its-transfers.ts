import type { Invariant } from "../../ledger/invariants/invariant.js";
import { leastIdAt } from "../../ledger/invariants/scope.js";
import { batchOf } from "../store/event-ids.js";

/** The batch in which an event was accepted, even if it was set aside later. */
const firstBatchOf = (event: string) => `overlay(${event}::text placing '0000' from 33)::uuid`;

/**
 * - `seen_events`: events, with when their batch was applied and what was taken of those that ended otherwise
 * - `usage_taken`: what transfers say was taken for an event
 *
 * Lately means: of batches that were accepted since, or of which an event was charged since.
 */
export const eventHasItsTransfers: Invariant = {
  name: "event_has_its_transfers",
  rule: "an event took exactly what it costs, or what its outcome says, when its batch was applied, and nothing before",
  relations: [
    {
      name: "seen_batches",
      recent: ({ since }) => `
  select id, last_id, applied_at from usage_batches where id >= ${leastIdAt(since)}
  union
  select b.id, b.last_id, b.applied_at
  from (select distinct ${firstBatchOf("cause_id")} as id from seen_transfers where cause = 'usage') c
  cross join lateral (select * from usage_batches where id = c.id offset 0) b`,
    },
    {
      name: "seen_events",
      whole: ({ inProject }) => `
  select e.project_id, e.wallet_id, e.id, e.credits, b.id as batch_id, b.applied_at, o.taken
  from usage_events e
  left join usage_batches b on b.id = ${batchOf("e.id")}
  left join usage_outcomes o on o.event_id = e.id and o.wallet_id = e.wallet_id
  where ${inProject("e")}`,
      recent: () => `
  select e.project_id, e.wallet_id, e.id, e.credits, b.id as batch_id,
    case when a.aside then a.applied_at else b.applied_at end as applied_at, o.taken
  from seen_batches b
  cross join lateral (select * from usage_events where id > b.id and id <= b.last_id offset 0) e
  left join lateral (
    select true as aside, later.applied_at from usage_set_aside s
    cross join lateral (select applied_at from usage_batches where id = s.batch_id offset 0) later
    where s.event_id = e.id offset 0
  ) a on true
  left join lateral (
    select taken from usage_outcomes where event_id = e.id and wallet_id = e.wallet_id offset 0
  ) o on true`,
    },
    {
      name: "usage_taken",
      whole: () => `
  select min(project_id::text)::uuid as project_id, wallet_id, cause_id, sum(amount) as taken
  from seen_transfers where cause = 'usage' and kind in ('spend', 'overdraft', 'capture')
  group by wallet_id, cause_id`,
      recent: () => `
  select t.project_id, t.wallet_id, t.cause_id, t.taken from seen_events e cross join lateral (
    select min(project_id::text)::uuid as project_id, wallet_id, cause_id, sum(amount) as taken from transfers
    where cause_id = e.id and cause = 'usage' and kind in ('spend', 'overdraft', 'capture')
    group by wallet_id, cause_id offset 0
  ) t
  union
  select min(project_id::text)::uuid, wallet_id, cause_id, sum(amount) from seen_transfers
  where cause = 'usage' and kind in ('spend', 'overdraft', 'capture')
    and cause_id not in (select id from seen_events)
  group by wallet_id, cause_id`,
    },
  ],
  offenders: `
    select coalesce(e.project_id, t.project_id) as project_id, coalesce(e.wallet_id, t.wallet_id) as wallet_id,
      coalesce(e.id, t.cause_id)::text as id,
      case when e.id is null then format('%s taken for an event that is not there', t.taken)
        when e.batch_id is null then 'its batch is not there'
        else format('%s taken; it should be %s', coalesce(t.taken, 0), e.due) end as wrong
    from (
      select *, case when applied_at is null then 0 else coalesce(taken, credits) end as due from seen_events
    ) e
    full join usage_taken t on t.cause_id = e.id and t.wallet_id = e.wallet_id
    where e.batch_id is null or coalesce(t.taken, 0) is distinct from e.due`,
};
