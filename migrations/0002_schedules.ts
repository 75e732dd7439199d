import type { Knex } from "knex";

/**
 * What recurs, and when it is due by the database's clock. A scheduler runs what it could claim with one update of
 * the row, so any number of them may run; a claim ends by itself when its holder dies. Bookkeeping of the process,
 * not of a tenant: no project.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table schedules (
      name             text primary key check (length(name) between 3 and 100),
      every_seconds    int not null check (every_seconds between 1 and 604800),
      next_due_at      timestamptz not null default clock_timestamp(),
      claim_id         uuid,
      claimed_until    timestamptz,
      last_started_at  timestamptz,
      last_finished_at timestamptz,
      last_error       text check (length(last_error) <= 2000),
      runs             bigint not null default 0 check (runs >= 0),
      failures         int not null default 0 check (failures >= 0),
      constraint schedules_claim_whole check ((claim_id is null) = (claimed_until is null))
    );
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw("drop table schedules");
}
