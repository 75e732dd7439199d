import type { Knex } from "knex";

/** A project's tokens are listed newest first, and there may be one for every task of every customer. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create index api_keys_tokens on api_keys (project_id, id) where kind <> 'secret';
    drop index api_keys_of_wallet;
    create index api_keys_of_wallet on api_keys (wallet_id, id) where wallet_id is not null;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop index api_keys_of_wallet;
    create index api_keys_of_wallet on api_keys (wallet_id, created_at) where wallet_id is not null;
    drop index api_keys_tokens;
  `);
}
