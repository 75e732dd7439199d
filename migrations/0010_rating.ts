import type { Knex } from "knex";

/** What actions cost, in immutable versions, and prices that were promised to a wallet for some minutes. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table rate_cards (
      id         uuid primary key,
      project_id uuid not null references projects (id),
      version    integer not null check (version > 0),
      terms      jsonb not null check (coalesce(jsonb_typeof(terms -> 'events') = 'object', false)),
      created_at timestamptz not null default clock_timestamp(),
      constraint rate_cards_version unique (project_id, version)
    );
    create trigger rate_cards_immutable before update or delete on rate_cards
      for each row execute function ledger_refuse('versions are superseded, never changed');
    create trigger rate_cards_never_emptied before truncate on rate_cards
      for each statement execute function ledger_refuse('versions are superseded, never removed');

    create table quotes (
      project_id        uuid not null references projects (id),
      wallet_id         uuid not null references wallets (id),
      id                uuid not null,
      event             text not null check (event ~ '^[a-z0-9][a-z0-9._-]{0,63}$'),
      rate_card_version integer not null,
      credits           bigint not null check (credits >= 0),
      expires_at        timestamptz not null,
      redeemed_by       uuid constraint quotes_redeemer unique,
      redeemed_at       timestamptz,
      created_at        timestamptz not null default clock_timestamp(),
      primary key (wallet_id, id),
      constraint quotes_version_exists foreign key (project_id, rate_card_version)
        references rate_cards (project_id, version),
      constraint quotes_redeemed_at_some_time check ((redeemed_by is null) = (redeemed_at is null))
    );
    create index quotes_id on quotes (id);
    create index quotes_to_forget on quotes (expires_at) where redeemed_by is null;

    create trigger quotes_open_unredeemed before insert on quotes for each row
      when (new.redeemed_by is not null) execute function ledger_refuse('a quote is made before it is redeemed');
    create trigger quotes_redeemed_once before update on quotes for each row
      when (old.redeemed_by is not null) execute function ledger_refuse('a quote is redeemed once');
    create trigger quotes_terms_immutable before update on quotes for each row
      when ((old.project_id, old.wallet_id, old.id, old.event, old.rate_card_version, old.credits, old.expires_at,
          old.created_at)
        is distinct from (new.project_id, new.wallet_id, new.id, new.event, new.rate_card_version, new.credits,
          new.expires_at, new.created_at))
      execute function ledger_refuse('what was promised is never changed');
    create trigger quotes_redeemed_kept before delete on quotes for each row
      when (old.redeemed_by is not null) execute function ledger_refuse('redeemed quotes are kept');
    create trigger quotes_never_emptied before truncate on quotes
      for each statement execute function ledger_refuse('redeemed quotes are kept');
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw("drop table quotes, rate_cards");
}
