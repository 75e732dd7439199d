import type { Knex } from "knex";

/** The open cases of all projects, the newest first and counted by class; and what was open in the last days. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create index discrepancies_open_of_all on discrepancies (id) include (class) where state = 'open';
    create index discrepancies_closed on discrepancies (closed_at);
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw("drop index discrepancies_closed, discrepancies_open_of_all");
}
