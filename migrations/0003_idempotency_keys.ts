import type { Knex } from "knex";

/**
 * The first answer to each idempotency key. `body` is json, not jsonb: a replay must be the same bytes. There is no
 * foreign key to projects: rows live for a day, and a reference would lock the project's row for every request.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table idempotency_keys (
      project_id   uuid not null,
      key          text not null check (length(key) between 1 and 255),
      fingerprint  bytea not null check (octet_length(fingerprint) = 32),
      state        text not null check (state in ('open', 'done')),
      status       int check (status between 200 and 499),
      headers      json,
      body         json,
      resource     text check (length(resource) <= 255),
      created_at   timestamptz not null default clock_timestamp(),
      locked_until timestamptz not null default clock_timestamp(),
      primary key (project_id, key),
      constraint idempotency_keys_answered check ((state = 'done') = (status is not null))
    );
    create index idempotency_keys_created_at on idempotency_keys (created_at);
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw("drop table idempotency_keys");
}
