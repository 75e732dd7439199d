import type { Knex } from "knex";

/** What failed in a project is listed by the order of its ids. Events that nothing handles may be many. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create index stripe_events_troubled_of_project on stripe_events (project_id, id)
      where status in ('failed', 'unhandled');
    create index usage_batches_quarantined_of_project on usage_batches (project_id, id)
      where quarantined_at is not null;
    create index refunds_unfinished_of_project on refunds (project_id, id) where finished_at is null;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(
    "drop index stripe_events_troubled_of_project, usage_batches_quarantined_of_project, refunds_unfinished_of_project",
  );
}
