import type { Knex } from "knex";

/**
 * Reserves: holds on the lot of one purchase, for money that may go back. They end by what becomes of that money, not by
 * time, and nobody captures them. One of each purpose is open for a purchase.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table holds
      add column purpose text check (purpose in ('refund', 'fraud_warning')),
      add column purchase_id uuid,
      alter column expires_at drop not null,
      add constraint holds_reserve_names_purchase check ((purpose is null) = (purchase_id is null)),
      add constraint holds_reserve_outlasts_time check ((purpose is null) = (expires_at is not null)),
      add constraint holds_reserve_is_not_captured check (purpose is null or captured = 0);
    create unique index holds_one_reserve on holds (purchase_id, purpose)
      where ended_at is null and purpose is not null;
    -- A wallet's holds are listed without its reserves; as part of the index that costs no row.
    drop index holds_of_wallet;
    create index holds_of_wallet on holds (wallet_id, id) where purpose is null;
  `);
}

/** Refused by the column once something was reserved: a hold without an end would be left. */
export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop index holds_one_reserve, holds_of_wallet;
    create index holds_of_wallet on holds (wallet_id, id);
    alter table holds alter column expires_at set not null, drop column purpose, drop column purchase_id;
  `);
}
