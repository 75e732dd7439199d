import type { Knex } from "knex";

/** The newest usage of a project is listed through its batches: one entry for up to 125 events. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw("create index usage_batches_of_project on usage_batches (project_id, id)");
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw("drop index usage_batches_of_project");
}
