import type { Relations } from "../../ledger/invariants/invariant.js";
import { leastIdAt } from "../../ledger/invariants/scope.js";
import { batchOf } from "../store/event-ids.js";

/** The batch in which an event was accepted, even if it was set aside later. */
const firstBatchOf = (event: string) => `overlay(${event}::text placing '0000' from 33)::uuid`;

/**
 * - `seen_events`: events, with when their batch was applied and what was taken of those that ended otherwise
 *
 * Lately means: of batches that were accepted since, or of which an event was charged since.
 */
export const eventRelations: Relations = [
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
  select e.project_id, e.wallet_id, e.id, e.credits, e.hold_id, e.api_key_id, b.id as batch_id, b.applied_at, o.taken
  from usage_events e
  left join usage_batches b on b.id = ${batchOf("e.id")}
  left join usage_outcomes o on o.event_id = e.id and o.wallet_id = e.wallet_id
  where ${inProject("e")}`,
    recent: () => `
  select e.project_id, e.wallet_id, e.id, e.credits, e.hold_id, e.api_key_id, b.id as batch_id,
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
];

/**
 * - `seen_tokens`: the limits of agents' tokens; `whole` says that all that was ever taken with them is seen. Lately, these
 *   are the tokens of seen events and holds.
 */
export const tokenRelations: Relations = [
  ...eventRelations,
  {
    name: "seen_tokens",
    whole: ({ inProject }) => `
  select *, true as whole from spend_limits where only_wallet_id is not null and ${inProject("spend_limits")}`,
    recent: () => `
  select s.*, false as whole from (
    select api_key_id as id from seen_events where api_key_id is not null
    union
    select api_key_id from seen_holds where api_key_id is not null
  ) k
  cross join lateral (
    select * from spend_limits where subject_id = k.id and only_wallet_id is not null offset 0
  ) s`,
  },
];
