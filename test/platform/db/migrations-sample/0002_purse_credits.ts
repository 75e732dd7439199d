import type { Knex } from "knex";

export async function up(knex: Knex): Promise<void> {
  await knex.raw("alter table purses add column credits bigint not null default 0");
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw("alter table purses drop column credits");
}
