import type { Knex } from "knex";

/** Who changed what outside the ledger, or moved credits by hand. Append only. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table audit_log (
      id         uuid primary key,
      project_id uuid references projects (id),
      actor      text not null check (length(actor) between 1 and 200),
      action     text not null check (length(action) between 1 and 100),
      subject    text not null check (length(subject) between 1 and 300),
      details    jsonb not null default '{}',
      created_at timestamptz not null default clock_timestamp()
    );
    create index audit_log_project on audit_log (project_id, id);
    create trigger audit_log_immutable before update or delete on audit_log
      for each row execute function ledger_refuse('the audit log is never changed');
    create trigger audit_log_never_emptied before truncate on audit_log
      for each statement execute function ledger_refuse('the audit log is never changed');
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw("drop table audit_log");
}
