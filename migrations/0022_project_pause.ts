import type { Knex } from "knex";

/**
 * A project whose books break an invariant is paused: nothing of what its customers use is applied until an operator
 * lets it go on. What the operator accepted as it is does not pause it again.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table projects
      add column paused_at timestamptz,
      add column paused_because text check (length(paused_because) between 1 and 1000),
      add constraint projects_paused_because check ((paused_at is null) = (paused_because is null));
    create index projects_paused on projects (id) where paused_at is not null;

    create table accepted_breaks (
      project_id  uuid not null references projects (id),
      invariant   text not null check (length(invariant) between 1 and 100),
      -- Null when it is about the project as a whole.
      wallet_id   uuid,
      because     text not null check (length(because) between 1 and 500),
      accepted_at timestamptz not null default clock_timestamp(),
      constraint accepted_breaks_once unique nulls not distinct (project_id, invariant, wallet_id)
    );

    -- How far the books were looked at. Bookkeeping of the process, not of a tenant: no project.
    create table books_checks (
      scope      text primary key check (scope in ('recent', 'whole')),
      looked_to  timestamptz not null,
      broken     integer not null check (broken >= 0),
      seconds    double precision not null check (seconds >= 0)
    );
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop table books_checks, accepted_breaks;
    drop index projects_paused;
    alter table projects drop column paused_because, drop column paused_at;
  `);
}
