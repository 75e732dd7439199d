import type { Invariant } from "../../ledger/invariants/invariant.js";
import { eventRelations } from "./scope.js";

/** `usage_taken`: what transfers say was taken for an event. */
export const eventHasItsTransfers: Invariant = {
  name: "event_has_its_transfers",
  rule: "an event took exactly what it costs, or what its outcome says, when its batch was applied, and nothing before",
  relations: [
    ...eventRelations,
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
