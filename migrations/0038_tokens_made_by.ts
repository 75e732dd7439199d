import type { Knex } from "knex";

/** The key that made an agent's token: when it is revoked, so are its tokens. Null for those that operators made. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table api_keys
      add column made_by uuid references api_keys (id),
      add constraint api_keys_made_by_key check (made_by is null or kind = 'agent');
    create index api_keys_of_maker on api_keys (made_by) where made_by is not null;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw("alter table api_keys drop column made_by");
}
