import type { Knex } from "knex";
import type { Database, Trx } from "./connect.js";

type CellValue = string | number | bigint | boolean | Date | Buffer | null;

/** The columns of a bulk insert: the PostgreSQL type of each, and where its value comes from. */
export type InsertColumns<T> = Readonly<
  Record<string, readonly [type: string, value: (row: T) => CellValue]>
>;

/**
 * Inserts any number of rows in one statement of constant text, one array per column (`unnest`), so that the plan
 * is cached and no limit on parameters is met. `suffix` is SQL behind the rows, such as `on conflict do nothing`.
 */
export async function insertRows<T, Returned = never>(
  trx: Database | Trx,
  table: string,
  columns: InsertColumns<T>,
  rows: readonly T[],
  suffix = "",
): Promise<readonly Returned[]> {
  if (rows.length === 0) return [];
  const names = Object.keys(columns);
  const types = Object.values(columns).map(([type]) => `?::${type}[]`);
  const arrays = Object.values(columns).map(([, value]) => rows.map(value));
  const inserted = await trx.raw<{ rows: Returned[] }>(
    `insert into ${table} (${names.join(", ")}) select * from unnest(${types.join(", ")}) ${suffix}`,
    arrays as unknown as Knex.RawBinding[], // knex types leave out nulls inside arrays; pg takes them
  );
  return inserted.rows;
}
