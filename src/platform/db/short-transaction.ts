import { assert } from "../../kernel/assert.js";
import type { Database, Trx } from "./connect.js";
import { retryConflicts } from "./transaction.js";

/** How work in a short transaction ends. */
export interface Ending<T> {
  readonly value: T;
  /**
   * Sends the last statements. They go to the server together with the commit, so what they answer can change nothing
   * any more: what may not be must be refused by the database. One that fails rolls everything back, and its error
   * is thrown.
   */
  readonly last: () => readonly Promise<unknown>[];
}

/**
 * A transaction with as few waits for the server as there are questions in it. `begin` goes together with the first
 * statements, and `commit` with the last; what is sent without waiting in between is run by the server one after the
 * other. Nothing is written before `begin` is answered, if the work leaves all that it writes to the end or waits for
 * an answer first. Only raw statements keep their order; put {@link sent} between them and others. Runs again after
 * conflicts, as `inTransaction` does.
 */
export function inShortTransaction<T>(
  database: Database,
  work: (trx: Trx) => Promise<Ending<T>>,
): Promise<T> {
  return retryConflicts(() => once(database, work));
}

/**
 * Resolves when everything that was asked for so far is on its way to the server. Knex takes some turns of the queue of
 * promises for that, and `nextTick` comes behind all of them.
 */
export async function sent(): Promise<void> {
  await Promise.resolve();
  await new Promise<void>((resolve) => {
    process.nextTick(resolve);
  });
}

async function once<T>(database: Database, work: (trx: Trx) => Promise<Ending<T>>): Promise<T> {
  const pool = poolOf(database);
  const connection = await pool.acquireConnection();
  const session = eager(connection);
  try {
    const { value, written } = await database.transaction(
      async (trx) => {
        const { value: answer, last } = await work(trx);
        await session.begun;
        const all = Promise.all(last());
        all.catch(() => undefined); // looked at behind the commit, which then rolls back
        await sent();
        return { value: answer, written: { all } };
      },
      { connection: session, isolationLevel: "read committed" },
    );
    await written.all;
    return value;
  } finally {
    pool.releaseConnection(connection);
  }
}

/** What knex lends connections from. Its types say nothing about it. */
function poolOf(database: Database): Pool {
  const pool: unknown = database.client;
  assert(isPool(pool), "knex has a client that lends connections");
  return pool;
}

function isPool(pool: unknown): pool is Pool {
  return (
    typeof pool === "object" &&
    pool !== null &&
    "acquireConnection" in pool &&
    "releaseConnection" in pool
  );
}

interface Pool {
  acquireConnection(): Promise<Session>;
  releaseConnection(connection: Session): void;
}

/** What knex uses of a connection. */
interface Session {
  readonly __knexUid: string;
  query(query: unknown, callback: (error: Error | null, result?: unknown) => void): void;
}

/** The connection, but its first statement, which is `begin`, is not waited for. When it failed, nothing else is sent. */
function eager(connection: Session): Session & { readonly begun: Promise<void> } {
  let first = true;
  let failed: Error | null = null;
  let settle: () => void = () => undefined;
  const begun = new Promise<void>((resolve, reject) => {
    settle = () => (failed === null ? resolve() : reject(failed));
  });
  begun.catch(() => undefined); // whatever is asked next is refused with it
  return {
    __knexUid: connection.__knexUid,
    begun,
    query: (query, callback) => {
      if (failed !== null) return callback(failed);
      if (!first) return connection.query(query, callback);
      first = false;
      connection.query(query, (error) => {
        failed = error;
        settle();
      });
      callback(null);
    },
  };
}
