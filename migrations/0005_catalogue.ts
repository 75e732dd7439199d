import type { Knex } from "knex";

/** Versions of credit packs. A version is never edited; the highest one of a code is the one in force. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table credit_packs (
      id            uuid primary key,
      project_id    uuid not null references projects (id),
      code          text not null check (code ~ '^[a-z0-9][a-z0-9._-]{0,63}$'),
      version       integer not null check (version > 0),
      name          text not null check (length(name) between 1 and 100),
      credits       bigint not null check (credits > 0),
      bonus_credits bigint not null default 0 check (bonus_credits >= 0),
      amount_minor  bigint not null check (amount_minor > 0),
      currency      text not null check (currency ~ '^[a-z]{3}$'),
      validity_days integer check (validity_days between 1 and 3650),
      on_sale       boolean not null,
      created_at    timestamptz not null default clock_timestamp(),
      constraint credit_packs_version unique (project_id, code, version)
    );
    create trigger credit_packs_immutable before update or delete on credit_packs
      for each row execute function ledger_refuse('versions are superseded, never changed');
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw("drop table credit_packs");
}
