import type { Knex } from "knex";

/**
 * What Stripe said last of refunds and disputes, by Stripe's own ids, and how much of a purchase was taken back for
 * them. Amounts are in the minor unit of the row's currency; what a dispute moved is null when it does not add up.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table stripe_refunds (
      account_id        text not null,
      refund_id         text not null,
      project_id        uuid not null references projects (id),
      purchase_id       uuid not null references purchases (id),
      livemode          boolean not null,
      charge_id         text not null,
      amount_minor      bigint not null check (amount_minor >= 0),
      currency          text not null check (currency ~ '^[a-z]{3}$'),
      status            text not null check (length(status) <= 60),
      stripe_created_at timestamptz not null,
      created_at        timestamptz not null default clock_timestamp(),
      updated_at        timestamptz not null default clock_timestamp(),
      primary key (account_id, refund_id)
    );
    create index stripe_refunds_of_purchase on stripe_refunds (purchase_id);

    create table stripe_disputes (
      account_id        text not null,
      dispute_id        text not null,
      project_id        uuid not null references projects (id),
      purchase_id       uuid not null references purchases (id),
      livemode          boolean not null,
      charge_id         text not null,
      amount_minor      bigint not null check (amount_minor >= 0),
      currency          text not null check (currency ~ '^[a-z]{3}$'),
      withdrawn_minor   bigint,
      reinstated_minor  bigint,
      status            text not null check (length(status) <= 60),
      stripe_created_at timestamptz not null,
      created_at        timestamptz not null default clock_timestamp(),
      updated_at        timestamptz not null default clock_timestamp(),
      primary key (account_id, dispute_id),
      constraint stripe_disputes_add_up check (reinstated_minor between 0 and withdrawn_minor
        and (withdrawn_minor is null) = (reinstated_minor is null))
    );
    create index stripe_disputes_of_purchase on stripe_disputes (purchase_id);

    create function stripe_returns_guard() returns trigger language plpgsql as $$
    begin
      if (new.project_id, new.purchase_id, new.livemode) is distinct from (old.project_id, old.purchase_id, old.livemode) then
        raise exception '%: a refund or dispute stays with its purchase', tg_table_name
          using errcode = 'check_violation', constraint = 'stripe_returns_stay', table = tg_table_name;
      end if;
      return new;
    end $$;
    create trigger stripe_refunds_stay before update on stripe_refunds
      for each row execute function stripe_returns_guard();
    create trigger stripe_disputes_stay before update on stripe_disputes
      for each row execute function stripe_returns_guard();
    create trigger stripe_refunds_kept before delete on stripe_refunds
      for each row execute function ledger_refuse('what Stripe said is kept');
    create trigger stripe_disputes_kept before delete on stripe_disputes
      for each row execute function ledger_refuse('what Stripe said is kept');

    -- Refunds and disputes name a charge: its purchase is found without asking Stripe.
    create index purchases_charge on purchases (account_id, charge_id) where charge_id is not null;

    alter table purchases
      add column reversed bigint not null default 0,
      add column reversals integer not null default 0,
      add column disputed boolean not null default false,
      add constraint purchases_reversed_within_granted check (reversed between 0 and granted),
      add constraint purchases_reversals_are_counted check (reversals >= 0 and (reversed = 0 or reversals > 0)),
      add constraint purchases_refunded_is_reversed check (state <> 'refunded' or reversed = granted);
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop index purchases_charge;
    alter table purchases drop column reversed, drop column reversals, drop column disputed;
    drop table stripe_refunds, stripe_disputes;
    drop function stripe_returns_guard();
  `);
}
