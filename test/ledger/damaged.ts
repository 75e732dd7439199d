import { expect } from "vitest";
import { brokenOf, type CheckedInvariant } from "../../src/ledger/check-invariants.js";
import type { Database, Trx } from "../../src/platform/db/connect.js";

export interface DamageDone {
  readonly db: Database;
  /** Statements, each of which changes something. */
  readonly sql: string;
  /** What stands for `:name` in them. */
  readonly bindings: Readonly<Record<string, string>>;
}

/** Does the damage with the triggers off, as only the owner of the server can, looks, and undoes it. */
export async function damaged<T>(
  { db, sql, bindings }: DamageDone,
  look: (trx: Trx) => Promise<T>,
): Promise<T> {
  const trx = await db.transaction();
  try {
    await trx.raw("set local session_replication_role = replica");
    for (const statement of sql.split(";")) {
      const named = Object.entries(bindings).filter(([name]) => statement.includes(`:${name}`));
      const { rowCount } = await trx.raw(statement, Object.fromEntries(named));
      if (!/^\s*(?:alter|drop)\s/.test(statement)) expect(rowCount).toBeGreaterThan(0);
    }
    return await look(trx);
  } finally {
    await trx.rollback();
  }
}

export const namesOf = (checked: readonly CheckedInvariant[]): readonly string[] =>
  brokenOf(checked).map(({ name }) => name);
