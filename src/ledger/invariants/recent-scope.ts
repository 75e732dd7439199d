import type { Database, Trx } from "../../platform/db/connect.js";
import type { Relation } from "./invariant.js";

/**
 * Lays aside what changed since a moment, once for all invariants: each relation becomes a temporary table of its name,
 * which is gone at the end of the transaction. So what moved is found once, and the planner knows how much it is. What is
 * read here goes through indexes, whatever the statistics say, as it never pays to read a table from end to end.
 */
export async function layAside(
  trx: Database | Trx,
  relations: readonly Relation[],
  since: Date,
): Promise<void> {
  await trx.raw("set local enable_seqscan = off");
  for (const { name, recent } of relations) {
    const rows = recent({ since: ":since::timestamptz" });
    const sql = `create temporary table ${name} on commit drop as ${rows}`;
    await trx.raw(sql, sql.includes(":since") ? { since } : {});
    await trx.raw(`analyze ${name}`);
  }
}

/** Within a transaction that goes on after the answers. */
export async function clearAside(
  trx: Database | Trx,
  relations: readonly Relation[],
): Promise<void> {
  await trx.raw(`drop table ${relations.map(({ name }) => name).join(", ")}`);
}
