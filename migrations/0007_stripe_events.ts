import type { Knex } from "knex";

/** The inbox: every verified event once, with what became of it. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table stripe_events (
      id              uuid primary key,
      project_id      uuid not null,
      account_id      text not null,
      livemode        boolean not null,
      event_id        text not null,
      type            text not null,
      payload         json not null,
      status          text not null default 'received' check (status in
        ('received', 'processed', 'ignored', 'unhandled', 'failed')),
      reason          text check (length(reason) <= 500),
      attempts        integer not null default 0,
      next_attempt_at timestamptz default clock_timestamp() + interval '10 seconds',
      received_at     timestamptz not null default clock_timestamp(),
      finished_at     timestamptz,
      constraint stripe_events_once unique (project_id, account_id, event_id),
      constraint stripe_events_open check ((status = 'received') = (next_attempt_at is not null))
    ) with (fillfactor = 80);
    create index stripe_events_open on stripe_events (next_attempt_at) where next_attempt_at is not null;
    create index stripe_events_troubled on stripe_events (status, received_at)
      where status in ('failed', 'unhandled');
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw("drop table stripe_events");
}
