import type { Knex } from "knex";

/** Purchases are listed by project, by wallet, and by state, the newest first: an id begins with its time. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create index purchases_of_project on purchases (project_id, id);
    create index purchases_of_wallet on purchases (project_id, wallet_id, id);
    create index purchases_by_state on purchases (project_id, state, id);
    create index purchases_held_back on purchases (project_id, id) where quarantined_at is not null;
    -- What Stripe says of their refunds and disputes has no rule: a person has to look.
    create index purchases_unclear on purchases (id) where problem is not null and granted > 0;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(
    "drop index purchases_of_project, purchases_of_wallet, purchases_by_state, purchases_held_back, purchases_unclear",
  );
}
