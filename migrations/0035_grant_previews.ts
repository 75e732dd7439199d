import type { Knex } from "knex";

/**
 * What an operator's agent was shown before it gives credits. Confirmed once, within its time, while the wallet owes what it
 * owed and is as frozen as it was; the answer of the confirmation is kept, so that repeating it answers the same.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table grant_previews (
      project_id     uuid not null references projects (id),
      id             uuid not null,
      -- The wallet may not be open yet: previewing writes nothing to it.
      customer_id    text not null check (length(customer_id) between 1 and 255),
      api_key_id     uuid not null references api_keys (id),
      credits        bigint not null check (credits > 0),
      reason         text not null check (length(reason) between 1 and 500),
      lot_expires_at timestamptz,
      -- As the wallet was.
      debt           bigint not null check (debt >= 0),
      frozen         boolean not null,
      created_at     timestamptz not null default clock_timestamp(),
      expires_at     timestamptz not null,
      confirmed_at   timestamptz,
      wallet_id      uuid references wallets (id),
      adjustment_id  uuid constraint grant_previews_granted_once unique,
      answer         json,
      primary key (project_id, id),
      constraint grant_previews_in_time check (expires_at > created_at and confirmed_at < expires_at),
      constraint grant_previews_confirmed_whole check (
        (confirmed_at is null) = (adjustment_id is null)
        and (confirmed_at is null) = (wallet_id is null)
        and (confirmed_at is null) = (answer is null)
      )
    );
    create index grant_previews_to_forget on grant_previews (project_id, expires_at) where confirmed_at is null;
    create index grant_previews_of_wallet on grant_previews (wallet_id) where wallet_id is not null;

    create trigger grant_previews_open_unconfirmed before insert on grant_previews for each row
      when (new.confirmed_at is not null) execute function ledger_refuse('a preview is made before it is confirmed');
    create trigger grant_previews_confirmed_once before update on grant_previews for each row
      when (old.confirmed_at is not null) execute function ledger_refuse('a preview is confirmed once');
    create trigger grant_previews_immutable before update on grant_previews for each row
      when ((old.project_id, old.id, old.customer_id, old.api_key_id, old.credits, old.reason, old.lot_expires_at, old.debt,
          old.frozen, old.created_at, old.expires_at)
        is distinct from (new.project_id, new.id, new.customer_id, new.api_key_id, new.credits, new.reason,
          new.lot_expires_at, new.debt, new.frozen, new.created_at, new.expires_at))
      execute function ledger_refuse('what was shown is never changed');
    create trigger grant_previews_kept before delete on grant_previews for each row
      when (old.confirmed_at is not null) execute function ledger_refuse('confirmed previews are kept');
    create trigger grant_previews_never_emptied before truncate on grant_previews
      for each statement execute function ledger_refuse('confirmed previews are kept');
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw("drop table grant_previews");
}
