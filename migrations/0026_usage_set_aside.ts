import type { Knex } from "knex";

/**
 * Events that could not be applied while the others of their batch could. They belong to a batch of their own from
 * then on, one for each wallet, which is in quarantine; the batch in which they were accepted is applied without them.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    -- Whether its events are named in usage_set_aside, instead of being the range of its ids.
    alter table usage_batches add column set_aside boolean not null default false;

    create table usage_set_aside (
      project_id  uuid not null,
      wallet_id   uuid not null,
      event_id    uuid not null,
      batch_id    uuid not null references usage_batches (id),
      primary key (event_id, wallet_id)
    );
    create index usage_set_aside_of_batch on usage_set_aside (batch_id, event_id);

    create trigger usage_set_aside_immutable before update or delete on usage_set_aside
      for each row execute function ledger_refuse('an event that was set aside stays in its batch');
    create trigger usage_set_aside_never_emptied before truncate on usage_set_aside
      for each statement execute function ledger_refuse('what was set aside is kept');
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop table usage_set_aside;
    alter table usage_batches drop column set_aside;
  `);
}
