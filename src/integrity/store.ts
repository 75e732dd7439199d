import type { Database } from "../platform/db/connect.js";
import type { BooksScope } from "./rules.js";

/** How far the books were looked at, and the time now, by the database's clock. */
export interface LookedTo {
  readonly now: Date;
  readonly recent: Date | null;
  readonly whole: Date | null;
}

export async function selectLookedTo(db: Database): Promise<LookedTo> {
  const { rows } = await db.raw<{ rows: LookedTo[] }>(
    `select clock_timestamp() as now, (select looked_to from books_checks where scope = 'recent') as recent,
       (select looked_to from books_checks where scope = 'whole') as whole`,
  );
  const [lookedTo] = rows;
  return lookedTo ?? { now: new Date(), recent: null, whole: null };
}

export async function upsertBooksCheck(
  db: Database,
  check: {
    readonly scope: BooksScope;
    readonly lookedTo: Date;
    readonly broken: number;
    readonly seconds: number;
  },
): Promise<void> {
  await db.raw(
    `insert into books_checks (scope, looked_to, broken, seconds) values (?, ?, ?, ?)
     on conflict (scope) do update set looked_to = excluded.looked_to, broken = excluded.broken,
       seconds = excluded.seconds`,
    [check.scope, check.lookedTo, check.broken, check.seconds],
  );
}
