import type { Knex } from "knex";

/**
 * What a month that is over did, so that its report is reckoned once. Nothing in the ledger can change it any more, so
 * nobody may change it here.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table month_sums (
      project_id  uuid not null references projects (id),
      -- Its first day.
      month       date not null,
      sums        jsonb not null,
      reckoned_at timestamptz not null default clock_timestamp(),
      primary key (project_id, month),
      constraint month_sums_month check (extract(day from month) = 1),
      -- In UTC; no transaction that began in the month is open by then.
      constraint month_sums_closed check (reckoned_at at time zone 'UTC' >= month + interval '1 month 10 minutes')
    );
    create trigger month_sums_immutable before update or delete on month_sums
      for each row execute function ledger_refuse('a month that is over is never changed');
    create trigger month_sums_never_emptied before truncate on month_sums
      for each statement execute function ledger_refuse('a month that is over is never changed');
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw("drop table month_sums");
}
