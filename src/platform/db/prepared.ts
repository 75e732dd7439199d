import type { Knex } from "knex";
import type { Database, Trx } from "./connect.js";

/** A statement takes memory in each session that has prepared it. Texts beyond these are planned anew each time. */
const statementsMax = 100;
const names = new Map<string, string>();

/**
 * A raw statement that each session parses and plans once. For those that run all the time and are short, of which that
 * is most of the work; their text must not depend on values.
 *
 * The server plans them without their values once that looks no dearer than planning each time. An array in such a
 * statement stands in a select of its own, `any ((select ?::uuid[])::uuid[])`: its length, which the planner would ask for, is then the
 * same guess each time.
 */
export function rawPrepared<T>(
  db: Database | Trx,
  text: string,
  bindings: readonly Knex.RawBinding[],
): Knex.Raw<T> {
  const statement = db.raw<T>(text, bindings);
  const name = nameOf(text);
  return name === undefined ? statement : statement.options({ name });
}

function nameOf(text: string): string | undefined {
  const known = names.get(text);
  if (known !== undefined || names.size === statementsMax) return known;
  const name = `chargly_${names.size}`;
  names.set(text, name);
  return name;
}
