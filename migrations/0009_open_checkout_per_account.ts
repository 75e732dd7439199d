import type { Knex } from "knex";

/**
 * One open checkout per wallet, pack version and Stripe account. After a project was connected to another account, its
 * old checkouts cannot be read there, and must not keep anybody from buying.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    drop index purchases_one_open;
    create unique index purchases_one_open on purchases (wallet_id, credit_pack_id, account_id)
      where state in ('created', 'pending', 'processing') and quarantined_at is null;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop index purchases_one_open;
    create unique index purchases_one_open on purchases (wallet_id, credit_pack_id)
      where state in ('created', 'pending', 'processing') and quarantined_at is null;
  `);
}
