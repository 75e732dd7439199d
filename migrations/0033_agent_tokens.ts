import type { Knex } from "knex";

/**
 * Tokens for agents and for operators' agents, beside the secret keys of applications. An agent's token is bound to one
 * wallet and has a budget, which is counted where limits are counted: in the transaction that spends.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table api_keys
      add column kind text not null default 'secret' check (kind in ('secret', 'agent', 'operator')),
      add column wallet_id uuid references wallets (id),
      -- Names of MCP tools; a secret key is not restricted to any.
      add column tools text[] check (cardinality(tools) between 1 and 32),
      add column expires_at timestamptz,
      add constraint api_keys_kind check (
        (kind = 'agent') = (wallet_id is not null)
        and (kind = 'secret') = (tools is null)
        and (kind = 'secret') = (expires_at is null)
      );
    create index api_keys_of_wallet on api_keys (wallet_id, created_at) where wallet_id is not null;

    alter table spend_limits
      add column call_max bigint check (call_max >= 0),
      add column total_max bigint check (total_max >= 0),
      add column total_spent bigint not null default 0 check (total_spent >= 0),
      -- The only wallet that the key may spend from.
      add column only_wallet_id uuid references wallets (id),
      -- From then on nothing is spent with the key: it expired or was revoked.
      add column ends_at timestamptz,
      add constraint spend_limits_total check (total_max is null or total_spent <= total_max),
      add constraint spend_limits_budget_of_key check (
        api_key_id is not null
        or (call_max is null and total_max is null and only_wallet_id is null and ends_at is null)
      );
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    delete from spend_limits where api_key_id in (select id from api_keys where kind <> 'secret');
    delete from api_keys where kind <> 'secret';
    alter table spend_limits
      drop column ends_at, drop column only_wallet_id,
      drop column total_spent, drop column total_max, drop column call_max;
    alter table api_keys
      drop column expires_at, drop column tools, drop column wallet_id, drop column kind;
  `);
}
