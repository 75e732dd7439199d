import type { Knex } from "knex";

/**
 * The words of money that comes back. A migration of their own: a new value of an enum cannot be used in the
 * transaction that adds it.
 */
export async function up(knex: Knex): Promise<void> {
  for (const kind of kinds)
    await knex.raw(`alter type transfer_kind add value if not exists '${kind}'`);
  await knex.raw("alter type transfer_cause add value if not exists 'reversal'");
}

/** PostgreSQL cannot take a value of an enum away. Nothing uses these once `0015_reversals` is undone. */
export async function down(): Promise<void> {}

const kinds = [
  "reversal",
  "reversal_debt",
  "reinstatement",
  "reinstatement_debt",
  "repayment_returned",
];
