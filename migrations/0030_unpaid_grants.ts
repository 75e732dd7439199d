import type { Knex } from "knex";

/**
 * Grants of which Stripe knows no payment. Which payments were met is kept, so that the others are few and can be asked
 * for one by one.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table sighted_purchases (
      purchase_id  uuid primary key references purchases (id),
      project_id   uuid not null references projects (id),
      -- The run that met its payment first.
      sighted_by   uuid not null references reconciliation_runs (id)
    );
    create trigger sighted_purchases_kept before update or delete on sighted_purchases
      for each row execute function ledger_refuse('a payment that was met stays so');
    create trigger sighted_purchases_never_emptied before truncate on sighted_purchases
      for each statement execute function ledger_refuse('a payment that was met stays so');

    create index purchases_granted on purchases (project_id, account_id, (coalesce(paid_at, created_at)), id)
      where granted > 0;
    ${classes(["unpaid_grant", ...before])}
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    ${classes(before)}
    drop index purchases_granted;
    drop table sighted_purchases;
  `);
}

const before = [
  "missing_grant",
  "double_grant",
  "missing_reversal",
  "over_reversal",
  "orphan_payment",
  "amount_mismatch",
  "balance_drift",
  "orphan_hold",
];

/** What was found and is kept may be of a class that there was not before: such a row is left unchecked. */
function classes(names: readonly string[]): string {
  return `alter table discrepancies drop constraint discrepancies_class_check;
    alter table discrepancies add constraint discrepancies_class_check
      check (class in (${names.map((name) => `'${name}'`).join(", ")})) not valid;`;
}
