import type { Knex } from "knex";

/** Refunds and disputes name a charge: its purchase is found without asking Stripe. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create index purchases_charge on purchases (account_id, charge_id) where charge_id is not null;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw("drop index purchases_charge");
}
