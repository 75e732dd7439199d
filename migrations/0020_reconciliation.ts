import type { Knex } from "knex";

/**
 * What was compared with Stripe and with the ledger's own rules, and every difference that was found. One run per scope
 * (a Stripe account, or the ledger of a project) is at work at a time; whoever holds its lease commits its pages.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(runs);
  await knex.raw(discrepancies);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop table discrepancies, reconciliation_runs;
    drop function discrepancies_guard();
  `);
}

const runs = `
create table reconciliation_runs (
  id            uuid primary key,
  project_id    uuid not null references projects (id),
  ring          text not null check (ring in ('events', 'objects', 'full', 'ledger')),
  -- What only one run may compare at a time: an account and its mode, or the ledger of a project.
  scope         text not null check (length(scope) between 1 and 300),
  account_id    text,
  livemode      boolean,
  dry_run       boolean not null default false,
  window_from   timestamptz not null,
  window_to     timestamptz not null,
  -- Set when Stripe no longer has all events of the window: objects are compared from here on instead.
  bridged_from  timestamptz,
  state         text not null default 'running' check (state in ('running', 'finished', 'failed')),
  -- Where to go on: the list that is being read, and the last object of it whose page was committed.
  phase         text check (length(phase) <= 40),
  cursor        text check (length(cursor) <= 255),
  -- How much was looked at, by name.
  counts        jsonb not null default '{}',
  -- Money in minor units as digits, by currency and name: {"usd": {"charged": "999"}}.
  sums          jsonb not null default '{}',
  problem       text check (length(problem) <= 500),
  failures      integer not null default 0 check (failures >= 0),
  lease_id      uuid,
  leased_until  timestamptz,
  started_at    timestamptz not null default clock_timestamp(),
  finished_at   timestamptz,
  constraint reconciliation_runs_window check (window_from <= window_to),
  constraint reconciliation_runs_account check ((ring = 'ledger') = (account_id is null)
    and (account_id is null) = (livemode is null)),
  constraint reconciliation_runs_end check ((state = 'running') = (finished_at is null)
    and (state <> 'finished' or phase is null)),
  constraint reconciliation_runs_lease check ((lease_id is null) = (leased_until is null)
    and (state = 'running' or lease_id is null)),
  constraint reconciliation_runs_counts check (jsonb_typeof(counts) = 'object'
    and not jsonb_path_exists(counts, '$.* \\? (@.type() != "number")')
    and not jsonb_path_exists(counts, '$.* \\? (@ < 0)')),
  constraint reconciliation_runs_sums check (jsonb_typeof(sums) = 'object'
    and not jsonb_path_exists(sums, '$.keyvalue().key \\? (!(@ like_regex "^[a-z]{3}$"))')
    and not jsonb_path_exists(sums, '$.* \\? (@.type() != "object")')
    and not jsonb_path_exists(sums, '$.*.* \\? (@.type() != "string")')
    and not jsonb_path_exists(sums, '$.*.* \\? (!(@ like_regex "^-\\?[0-9]{1,30}$"))'))
) with (fillfactor = 50);
create unique index reconciliation_runs_one_at_a_time on reconciliation_runs (scope) where state = 'running';
create index reconciliation_runs_project on reconciliation_runs (project_id, id);
create index reconciliation_runs_last on reconciliation_runs (project_id, ring, account_id, window_to)
  where state = 'finished' and not dry_run;
`;

const discrepancies = `
create table discrepancies (
  id               uuid primary key,
  project_id       uuid not null references projects (id),
  -- The Stripe account, or nothing for what the ledger says of itself.
  account_id       text not null default '',
  livemode         boolean,
  class            text not null check (class in ('missing_grant', 'double_grant', 'missing_reversal', 'over_reversal',
    'orphan_payment', 'amount_mismatch', 'balance_drift', 'orphan_hold')),
  -- What differs: a purchase, a charge, a wallet, a hold, by its public id or Stripe's.
  subject          text not null check (length(subject) between 1 and 300),
  purchase_id      uuid references purchases (id),
  wallet_id        uuid references wallets (id),
  stripe_object    text check (length(stripe_object) between 1 and 255),
  currency         text check (currency ~ '^[a-z]{3}$'),
  -- By our books, and by Stripe's.
  booked_minor     bigint,
  stripe_minor     bigint,
  -- As they should be, and as they are.
  expected_credits bigint,
  actual_credits   bigint,
  detail           text not null check (length(detail) between 1 and 500),
  state            text not null default 'open' check (state in ('open', 'healed', 'dismissed', 'assigned', 'resolved')),
  found_by         uuid not null references reconciliation_runs (id),
  -- The run that tries to heal it, and has once the state says so.
  healing_by       uuid references reconciliation_runs (id),
  healed_credits   bigint,
  closed_by        text check (length(closed_by) between 1 and 200),
  closed_because   text check (length(closed_because) between 1 and 500),
  assigned_credits bigint check (assigned_credits > 0),
  adjustment_id    uuid,
  created_at       timestamptz not null default clock_timestamp(),
  closed_at        timestamptz,
  constraint discrepancies_closed check ((state = 'open') = (closed_at is null)),
  constraint discrepancies_healed check (state <> 'healed' or healing_by is not null),
  constraint discrepancies_by_hand check ((state in ('dismissed', 'assigned')) = (closed_by is not null)
    and (closed_by is null) = (closed_because is null)),
  constraint discrepancies_assigned check ((state = 'assigned') = (adjustment_id is not null)
    and (state = 'assigned') = (assigned_credits is not null) and (state <> 'assigned' or wallet_id is not null)),
  constraint discrepancies_money_has_currency check (currency is not null
    or (booked_minor is null and stripe_minor is null))
) with (fillfactor = 80);
create unique index discrepancies_open_once on discrepancies (project_id, account_id, class, subject)
  where state = 'open';
create unique index discrepancies_assigned_once on discrepancies (account_id, class, subject)
  where state = 'assigned';
create index discrepancies_subject on discrepancies (account_id, subject);
create index discrepancies_project on discrepancies (project_id, id);
create index discrepancies_open on discrepancies (project_id, id) where state = 'open';
create index discrepancies_found on discrepancies (found_by);
create index discrepancies_healing on discrepancies (healing_by) where healing_by is not null;
create trigger discrepancies_kept before delete on discrepancies
  for each row execute function ledger_refuse('differences that were found are kept');
create trigger discrepancies_never_emptied before truncate on discrepancies
  for each statement execute function ledger_refuse('differences that were found are kept');

create function discrepancies_guard() returns trigger language plpgsql as $$
begin
  if old.state <> 'open' then
    raise exception 'discrepancies: what is closed stays as it was closed'
      using errcode = 'check_violation', constraint = 'discrepancies_close_once', table = 'discrepancies';
  end if;
  return new;
end $$;
create trigger discrepancies_guard before update on discrepancies
  for each row execute function discrepancies_guard();
`;
