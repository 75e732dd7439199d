import type { Knex } from "knex";

/**
 * Which transfers are recent, for the invariants. Rows arrive in the order of their time, so one summary for each
 * megabyte is enough, and an append costs next to nothing for it. Making it reads the table once: a second or two for ten million
 * rows, during which nothing is appended.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(
    "create index transfers_by_time on transfers using brin (created_at) with (autosummarize = on)",
  );
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw("drop index transfers_by_time");
}
