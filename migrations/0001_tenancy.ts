import type { Knex } from "knex";

/** Projects (tenants), their API keys and their Stripe connections. Secrets are stored as hashes or ciphertext only. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table projects (
      id              uuid primary key,
      name            text not null check (length(name) between 1 and 100),
      mode            text not null check (mode in ('test', 'live')),
      allowed_origins text[] not null default '{}' check (cardinality(allowed_origins) <= 50),
      created_at      timestamptz not null default clock_timestamp(),
      constraint projects_name unique (name, mode)
    );

    create table api_keys (
      id           uuid primary key,
      project_id   uuid not null references projects (id),
      name         text not null check (length(name) between 1 and 100),
      hint         text not null,
      hash         bytea not null unique check (octet_length(hash) = 32),
      hash_key_id  text not null,
      scopes       text[] not null check (cardinality(scopes) between 1 and 50),
      created_at   timestamptz not null default clock_timestamp(),
      last_used_at timestamptz,
      revoked_at   timestamptz
    );
    create index api_keys_project on api_keys (project_id, created_at);

    create table stripe_connections (
      id                 uuid primary key,
      project_id         uuid not null unique references projects (id),
      livemode           boolean not null,
      account_id         text not null,
      connected_account  text,
      secret_ciphertext  bytea not null,
      secret_hint        text not null,
      endpoint_id        text,
      created_at         timestamptz not null default clock_timestamp(),
      updated_at         timestamptz not null default clock_timestamp()
    );

    create table stripe_webhook_secrets (
      id            uuid primary key,
      project_id    uuid not null references projects (id),
      ciphertext    bytea not null,
      hint          text not null,
      created_at    timestamptz not null default clock_timestamp(),
      retires_at    timestamptz
    );
    create index stripe_webhook_secrets_project on stripe_webhook_secrets (project_id);
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw("drop table stripe_webhook_secrets, stripe_connections, api_keys, projects");
}
