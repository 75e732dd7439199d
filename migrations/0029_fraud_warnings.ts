import type { Knex } from "knex";

/**
 * Warnings of fraud, so that what they set aside is set aside again when a refund fails. Credits that come back while some
 * are set aside already are a reserve of their own, so of that purpose a purchase may have several.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table fraud_warnings (
      project_id        uuid not null references projects (id),
      wallet_id         uuid not null references wallets (id),
      purchase_id       uuid not null references purchases (id),
      account_id        text not null,
      livemode          boolean not null,
      warning_id        text not null,
      fraud_type        text not null check (length(fraud_type) <= 100),
      -- What Stripe said last; false once the payment was refunded in full or disputed.
      actionable        boolean not null,
      stripe_created_at timestamptz not null,
      -- From then on it sets nothing aside.
      lifted_at         timestamptz,
      lifted_because    text check (length(lifted_because) <= 500),
      created_at        timestamptz not null default clock_timestamp(),
      updated_at        timestamptz not null default clock_timestamp(),
      primary key (account_id, warning_id),
      constraint fraud_warnings_lifted_says_why check ((lifted_at is null) = (lifted_because is null))
    );
    create index fraud_warnings_in_force on fraud_warnings (purchase_id) where lifted_at is null;
    create trigger fraud_warnings_kept before delete on fraud_warnings
      for each row execute function ledger_refuse('warnings of fraud are kept');

    create unique index holds_one_refund on holds (purchase_id) where ended_at is null and purpose = 'refund';
    create index holds_reserved on holds (purchase_id) where ended_at is null and purpose is not null;
    drop index holds_one_reserve;
  `);
}

/** Refused by the index while a purchase has two reserves against fraud. */
export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    create unique index holds_one_reserve on holds (purchase_id, purpose)
      where ended_at is null and purpose is not null;
    drop index holds_one_refund, holds_reserved;
    drop table fraud_warnings;
  `);
}
