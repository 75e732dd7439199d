import type { Knex } from "knex";

/**
 * Refunds that we ask Stripe for. The row is committed, with its credits set aside, before Stripe is called, and its id
 * is the key of that call: so whatever dies in between, somebody can find out what became of it and finish it.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table refunds (
      project_id       uuid not null references projects (id),
      wallet_id        uuid not null references wallets (id),
      id               uuid not null,
      purchase_id      uuid not null references purchases (id),
      account_id       text not null,
      charge_id        text not null,
      amount_minor     bigint not null check (amount_minor > 0),
      currency         text not null check (currency ~ '^[a-z]{3}$'),
      -- What was set aside for it, and is to be taken back.
      credits          bigint not null check (credits > 0),
      actor            text not null,
      -- requested: Stripe may know of it. accepted: Stripe has it. failed: Stripe has none of it.
      state            text not null default 'requested' check (state in ('requested', 'accepted', 'failed')),
      stripe_refund_id text,
      problem          text check (length(problem) <= 500),
      created_at       timestamptz not null default clock_timestamp(),
      next_attempt_at  timestamptz not null,
      finished_at      timestamptz,
      primary key (id, wallet_id),
      constraint refunds_accepted_is_named check ((state = 'accepted') = (stripe_refund_id is not null)),
      constraint refunds_requested_is_open check (state <> 'requested' or finished_at is null),
      constraint refunds_failed_is_finished check (state <> 'failed' or finished_at is not null)
    );
    create unique index refunds_one_under_way on refunds (purchase_id) where finished_at is null;
    create index refunds_unfinished on refunds (next_attempt_at) where finished_at is null;
    create index refunds_of_purchase on refunds (purchase_id, id);
    create unique index refunds_stripe on refunds (account_id, stripe_refund_id) where stripe_refund_id is not null;

    create function refunds_guard() returns trigger language plpgsql as $$
    begin
      if (new.project_id, new.wallet_id, new.id, new.purchase_id, new.account_id, new.charge_id, new.amount_minor,
          new.currency, new.credits)
        is distinct from (old.project_id, old.wallet_id, old.id, old.purchase_id, old.account_id, old.charge_id,
          old.amount_minor, old.currency, old.credits) or old.finished_at is not null then
        raise exception 'refunds: what was asked for, and how it ended, is never changed'
          using errcode = 'check_violation', constraint = 'refunds_guard', table = 'refunds';
      end if;
      return new;
    end $$;
    create trigger refunds_guard before update on refunds for each row execute function refunds_guard();
    create trigger refunds_kept before delete on refunds
      for each row execute function ledger_refuse('refunds are kept');
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw("drop table refunds; drop function refunds_guard();");
}
