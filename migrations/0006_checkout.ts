import type { Knex } from "knex";

/** Purchases, written before Stripe is called, and the one Stripe customer of each wallet and account. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table stripe_customers (
      project_id         uuid not null,
      wallet_id          uuid not null references wallets (id),
      account_id         text not null,
      stripe_customer_id text not null,
      created_at         timestamptz not null default clock_timestamp(),
      primary key (wallet_id, account_id)
    );

    create table purchases (
      id                    uuid primary key,
      project_id            uuid not null references projects (id),
      wallet_id             uuid not null references wallets (id),
      credit_pack_id        uuid not null references credit_packs (id),
      pack_name             text not null check (length(pack_name) between 1 and 100),
      credits               bigint not null check (credits > 0),
      amount_minor          bigint not null check (amount_minor > 0),
      currency              text not null check (currency ~ '^[a-z]{3}$'),
      validity_days         integer,
      allow_promotion_codes boolean not null default false,
      success_url           text check (length(success_url) <= 2000),
      cancel_url            text check (length(cancel_url) <= 2000),
      account_id            text not null,
      livemode              boolean not null,
      state                 text not null default 'created' check (state in
        ('created', 'pending', 'processing', 'paid', 'partially_refunded', 'refunded', 'failed', 'expired', 'canceled')),
      checkout_session_id   text,
      checkout_url          text,
      payment_intent_id     text,
      charge_id             text,
      problem               text check (length(problem) <= 500),
      quarantined_at        timestamptz,
      granted               bigint not null default 0,
      revision              bigint not null default 0,
      next_check_at         timestamptz,
      checks                integer not null default 0,
      paid_at               timestamptz,
      created_at            timestamptz not null default clock_timestamp(),
      updated_at            timestamptz not null default clock_timestamp(),
      constraint purchases_granted_whole check (granted in (0, credits)),
      constraint purchases_quarantine_grants_nothing check (quarantined_at is null or granted = 0),
      constraint purchases_paid_is_granted check ((state in ('paid', 'partially_refunded', 'refunded')) = (granted > 0))
    ) with (fillfactor = 70);
    create unique index purchases_one_open on purchases (wallet_id, credit_pack_id)
      where state in ('created', 'pending', 'processing') and quarantined_at is null;
    create unique index purchases_session on purchases (account_id, checkout_session_id)
      where checkout_session_id is not null;
    create index purchases_payment_intent on purchases (account_id, payment_intent_id)
      where payment_intent_id is not null;
    create index purchases_to_check on purchases (next_check_at) where next_check_at is not null;
    create index purchases_quarantined on purchases (project_id, quarantined_at) where quarantined_at is not null;

    create function purchases_guard() returns trigger language plpgsql as $$
    begin
      if (new.id, new.project_id, new.wallet_id, new.credit_pack_id, new.credits, new.amount_minor, new.currency,
          new.account_id, new.livemode)
        is distinct from (old.id, old.project_id, old.wallet_id, old.credit_pack_id, old.credits, old.amount_minor,
          old.currency, old.account_id, old.livemode) then
        raise exception 'purchases: what was agreed is never changed'
          using errcode = 'check_violation', constraint = 'purchases_terms_immutable', table = 'purchases';
      end if;
      if new.granted < old.granted then
        raise exception 'purchases: a grant is never taken back here'
          using errcode = 'check_violation', constraint = 'purchases_grant_stays', table = 'purchases';
      end if;
      return new;
    end $$;
    create trigger purchases_guard before update on purchases
      for each row execute function purchases_guard();
    create trigger purchases_kept before delete on purchases
      for each row execute function ledger_refuse('purchases are kept');
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop table purchases, stripe_customers;
    drop function purchases_guard();
  `);
}
