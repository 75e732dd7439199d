import type { Knex } from "knex";

/**
 * Usage: what was accepted, and what became of it. An event is written once, when it is accepted, and never again:
 * its batch says whether it was applied, transfers say what it cost, and `usage_outcomes` has a row only for events
 * that were not applied in full.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(tables);
  await knex.raw(guards);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop table usage_outcomes, usage_events, usage_batches;
    drop type usage_outcome;
  `);
}

const tables = `
create type usage_outcome as enum ('rejected', 'partial');

-- Events that are applied together. The ids of its events are its own with their places in the last two bytes, so a
-- batch is one range of the events' primary key. A lane is a share of a project's wallets: one worker at a time
-- applies it, so that workers do not wait for each other's wallets and a wallet's events keep their order.
create table usage_batches (
  project_id  uuid not null references projects (id),
  id          uuid primary key,
  last_id     uuid not null,
  lane        smallint not null check (lane >= 0),
  events      integer not null check (events between 1 and 125),
  accepted_at timestamptz not null default clock_timestamp(),
  applied_at  timestamptz,
  -- Applying it failed again and again: a person has to look.
  quarantined_at timestamptz,
  problem     text check (length(problem) <= 1000),
  constraint usage_batches_ids check (last_id > id),
  constraint usage_batches_one_end check (applied_at is null or quarantined_at is null),
  constraint usage_batches_problem check ((quarantined_at is null) = (problem is null))
) with (fillfactor = 80);
create index usage_batches_waiting on usage_batches (project_id, lane, id)
  where applied_at is null and quarantined_at is null;
create index usage_batches_oldest on usage_batches (accepted_at)
  where applied_at is null and quarantined_at is null;
create index usage_batches_quarantined on usage_batches (quarantined_at) where quarantined_at is not null;

create table usage_events (
  project_id  uuid not null,
  id          uuid not null,
  wallet_id   uuid not null,
  -- The caller's own id of the event.
  key         text not null check (length(key) between 1 and 128),
  event       text not null check (length(event) between 1 and 64),
  model       text check (length(model) <= 128),
  -- The price by the rate card version, or the caller's own; null when the card could not tell.
  credits     bigint check (credits >= 0),
  refusal     text,
  own_price   boolean not null,
  rate_card_version integer not null check (rate_card_version >= 0),
  -- A number or text, as it was sent.
  quantity    jsonb,
  properties  jsonb,
  metadata    jsonb,
  occurred_at timestamptz,
  hold_id     uuid,
  quote_id    uuid,
  api_key_id  uuid,
  request_id  text check (length(request_id) <= 128),
  primary key (id, wallet_id),
  constraint usage_events_key unique (project_id, key),
  constraint usage_events_priced check ((credits is null) = (refusal is not null))
);
create index usage_events_of_wallet on usage_events (wallet_id, id);

create table usage_outcomes (
  project_id  uuid not null,
  wallet_id   uuid not null,
  event_id    uuid not null,
  outcome     usage_outcome not null,
  -- A refusal code, for what was rejected.
  reason      text,
  -- What people are told, and the balance that the event met.
  detail      text check (length(detail) <= 1000),
  available   bigint check (available >= 0),
  required    bigint not null check (required >= 0),
  taken       bigint not null check (taken >= 0),
  created_at  timestamptz not null default clock_timestamp(),
  primary key (event_id, wallet_id),
  constraint usage_outcomes_rejected check (outcome <> 'rejected' or (taken = 0 and reason is not null)),
  constraint usage_outcomes_partial check (outcome <> 'partial' or taken < required)
);
`;

const guards = `
create trigger usage_events_immutable before update or delete on usage_events
  for each row execute function ledger_refuse('what was accepted is never changed');
create trigger usage_outcomes_immutable before update or delete on usage_outcomes
  for each row execute function ledger_refuse('outcomes are never changed');
create trigger usage_batches_kept before delete on usage_batches
  for each row execute function ledger_refuse('batches are kept');
create trigger usage_events_never_emptied before truncate on usage_events
  for each statement execute function ledger_refuse('what was accepted is kept');
create trigger usage_outcomes_never_emptied before truncate on usage_outcomes
  for each statement execute function ledger_refuse('outcomes are kept');
create trigger usage_batches_never_emptied before truncate on usage_batches
  for each statement execute function ledger_refuse('batches are kept');
create trigger usage_batches_end_once before update on usage_batches for each row
  when (old.applied_at is not null or (old.project_id, old.id, old.last_id, old.lane, old.events, old.accepted_at)
    is distinct from (new.project_id, new.id, new.last_id, new.lane, new.events, new.accepted_at))
  execute function ledger_refuse('a batch is applied once');
`;
