import type { Knex } from "knex";
import type { Database, Trx } from "./connect.js";
import { rawPrepared } from "./prepared.js";

type CellValue = string | number | bigint | boolean | Date | Buffer | null;

/** The columns of a bulk insert: the PostgreSQL type of each, and where its value comes from. */
export type InsertColumns<T> = Readonly<
  Record<string, readonly [type: string, value: (row: T) => CellValue]>
>;

/**
 * Inserts any number of rows in one statement, one array per column (`unnest`), so that no limit on parameters is
 * met. A column that says the same in every row is sent once: in a batch most of them do. `suffix` is SQL behind
 * the rows, such as `on conflict do nothing`.
 */
export async function insertRows<T, Returned = never>(
  trx: Database | Trx,
  table: string,
  columns: InsertColumns<T>,
  rows: readonly T[],
  suffix = "",
): Promise<readonly Returned[]> {
  if (rows.length === 0) return [];
  const { names, selected, arrays, bindings } = layOut(columns, rows);
  const inserted = await rawPrepared<{ rows: Returned[] }>(
    trx,
    `insert into ${table} (${names.join(", ")}) select ${selected.join(", ")} from ${arrays} ${suffix}`,
    bindings as unknown as Knex.RawBinding[], // knex types leave out nulls inside arrays; pg takes them
  );
  return inserted.rows;
}

interface Layout {
  readonly names: readonly string[];
  readonly selected: readonly string[];
  /** `unnest(…) as rows (…)` */
  readonly arrays: string;
  readonly bindings: readonly unknown[];
}

function layOut<T>(columns: InsertColumns<T>, rows: readonly T[]): Layout {
  const names = Object.keys(columns);
  const selected: string[] = [];
  const same: unknown[] = [];
  const different: { readonly name: string; readonly type: string; readonly array: unknown }[] = [];
  for (const [name, [type, value]] of Object.entries(columns)) {
    const values = rows.map(value);
    // One array at least says how many rows there are.
    if (different.length > 0 && values.every((each) => each === values[0])) {
      selected.push(`?::${type}`);
      same.push(values[0]);
    } else {
      selected.push(`rows.${name}`);
      different.push({ name, type, array: toArray(type, values) });
    }
  }
  const types = different.map(({ type }) => `?::${type}[]`).join(", ");
  const aliases = different.map(({ name }) => name).join(", ");
  return {
    names,
    selected,
    arrays: `unnest(${types}) as rows (${aliases})`,
    bindings: [...same, ...different.map(({ array }) => array)],
  };
}

/** Types whose text needs no quotes inside an array, so that it is joined instead of escaped value by value. */
const plainTypes = new Set(["uuid", "bigint", "integer", "smallint", "boolean"]);

function toArray(type: string, values: readonly CellValue[]): unknown {
  if (!plainTypes.has(type)) return values;
  return `{${values.map((value) => (value === null ? "NULL" : String(value))).join(",")}}`;
}
