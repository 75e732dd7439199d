import type { Knex } from "knex";

/**
 * How much a wallet or an API key may spend per minute, day and month, and what it has spent of it. Only subjects
 * that have a limit have a row; it is locked and counted in the transaction that spends.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table spend_limits (
      project_id  uuid not null references projects (id),
      subject_id  uuid primary key,
      wallet_id   uuid references wallets (id),
      api_key_id  uuid references api_keys (id),
      minute_max  bigint check (minute_max >= 0),
      day_max     bigint check (day_max >= 0),
      month_max   bigint check (month_max >= 0),
      minute_spent bigint not null default 0 check (minute_spent >= 0),
      day_spent    bigint not null default 0 check (day_spent >= 0),
      month_spent  bigint not null default 0 check (month_spent >= 0),
      -- When counting began: with the window, or within it with the first limit. Then up to the next millisecond,
      -- which is all that the code sees: what was held before is not given back here.
      minute_starts_at timestamptz not null default date_trunc('milliseconds', clock_timestamp()) + interval '1 ms',
      day_starts_at    timestamptz not null default date_trunc('milliseconds', clock_timestamp()) + interval '1 ms',
      month_starts_at  timestamptz not null default date_trunc('milliseconds', clock_timestamp()) + interval '1 ms',
      constraint spend_limits_subject check (num_nonnulls(wallet_id, api_key_id) = 1
        and subject_id = coalesce(wallet_id, api_key_id))
    ) with (fillfactor = 50);
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw("drop table spend_limits");
}
