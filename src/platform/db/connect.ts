import knex, { type Knex } from "knex";
import pg from "pg";
import { typeParsers } from "./type-parsers.js";

/** The pool of connections, and where queries outside a transaction go. */
export type Database = Knex;
/** One open transaction. It is the first argument of whatever writes. */
export type Trx = Knex.Transaction;

/** What the pool tells about itself. The shape fits pino. */
export interface DatabaseLog {
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
}

/** Bounds that keep anything that waits for the database from hanging; 0 takes a bound away. */
export interface DatabaseTimeouts {
  /** Opening one connection. */
  readonly connectionTimeoutMs: number;
  /** Waiting for a free connection of the pool. */
  readonly acquireTimeoutMs: number;
  /** One query, by our own clock: the server may be frozen or cut off. */
  readonly queryTimeoutMs: number;
  /** One statement, by the server's clock; below `queryTimeoutMs`, so that the server gets to say why. */
  readonly statementTimeoutMs: number;
  /** Waiting for one lock. */
  readonly lockTimeoutMs: number;
  /** A transaction in which nothing happens. The server ends its session, so that its locks go. */
  readonly idleInTransactionTimeoutMs: number;
}

export interface DatabaseOptions extends Partial<DatabaseTimeouts> {
  readonly url: string;
  /** Most connections at once, at least 1. None is kept open while nothing is asked. */
  readonly poolMax: number;
  /** Shown in `pg_stat_activity`, so that an operator sees whose session it is. */
  readonly applicationName: string;
  readonly log?: DatabaseLog;
}

export const defaultTimeouts: DatabaseTimeouts = {
  connectionTimeoutMs: 1_000,
  acquireTimeoutMs: 2_000,
  queryTimeoutMs: 3_000,
  statementTimeoutMs: 2_500,
  lockTimeoutMs: 1_000,
  idleInTransactionTimeoutMs: 5_000,
};

/** For migrations: building an index may take long, but waiting for a lock stops everybody behind it. */
export const migrationTimeouts: Partial<DatabaseTimeouts> = {
  connectionTimeoutMs: 5_000,
  queryTimeoutMs: 0,
  statementTimeoutMs: 0,
  lockTimeoutMs: 10_000,
  idleInTransactionTimeoutMs: 60_000,
};

const idleConnectionMs = 10_000;

/**
 * Opens a pool on PostgreSQL; the first query connects. `bigint` columns arrive as bigint, `numeric` and `date`
 * as text, `timestamptz` as Date, JSON parsed. Sessions speak UTC. Close it with {@link closeDatabase}.
 */
export function connectDatabase(options: DatabaseOptions): Database {
  const log = options.log ?? silent;
  const timeouts = { ...defaultTimeouts, ...options };
  const sessions = new Map<string, pg.Client>();
  const database = knex({
    client: "pg",
    connection: connectionSettings(options, timeouts),
    acquireConnectionTimeout: timeouts.acquireTimeoutMs,
    pool: {
      min: 0,
      max: options.poolMax,
      idleTimeoutMillis: idleConnectionMs,
      acquireTimeoutMillis: timeouts.acquireTimeoutMs,
      afterCreate: (
        connection: unknown,
        done: (error: Error | null, connection: unknown) => void,
      ) => {
        watchSession(connection, sessions, log);
        done(null, connection);
      },
    },
    log: knexLog(log),
  });
  dropSessionsThatTimedOut(database, sessions);
  return database;
}

/** Closes every connection of the pool. Queries after it are refused. */
export async function closeDatabase(database: Database): Promise<void> {
  await database.destroy();
}

const silent: DatabaseLog = { warn: () => undefined };

function connectionSettings(
  options: DatabaseOptions,
  timeouts: DatabaseTimeouts,
): Knex.PgConnectionConfig & { readonly lock_timeout: number; readonly pipeline: boolean } {
  return {
    connectionString: options.url,
    application_name: options.applicationName,
    connectionTimeoutMillis: timeouts.connectionTimeoutMs,
    query_timeout: timeouts.queryTimeoutMs,
    statement_timeout: timeouts.statementTimeoutMs,
    lock_timeout: timeouts.lockTimeoutMs,
    idle_in_transaction_session_timeout: timeouts.idleInTransactionTimeoutMs,
    keepAlive: true,
    // What is asked for without waiting for the answer before is sent at once.
    pipeline: true,
    options: "-c TimeZone=UTC",
    types: typeParsers,
  };
}

function watchSession(
  connection: unknown,
  sessions: Map<string, pg.Client>,
  log: DatabaseLog,
): void {
  if (!(connection instanceof pg.Client)) return;
  const name = sessionName(connection);
  if (name === undefined) return;
  sessions.set(name, connection);
  connection.on("error", (error) => log.warn({ error }, "a database session broke"));
  connection.on("end", () => sessions.delete(name));
}

/**
 * After a query timed out by our clock, its answer is still owed on that session, and whoever gets it next from
 * the pool would wait behind it. So the session counts as broken at once, and the pool opens another.
 */
function dropSessionsThatTimedOut(database: Database, sessions: Map<string, pg.Client>): void {
  database.on("query-error", (error: unknown, query: unknown) => {
    if (!(error instanceof Error) || !error.message.endsWith("Query read timeout")) return;
    const session = sessions.get(sessionName(query) ?? "");
    session?.emit("error", error);
    session?.end().catch(() => undefined);
  });
}

function sessionName(owner: unknown): string | undefined {
  if (typeof owner !== "object" || owner === null || !("__knexUid" in owner)) return undefined;
  return typeof owner.__knexUid === "string" ? owner.__knexUid : undefined;
}

function knexLog(log: DatabaseLog): Knex.Logger {
  const warn = (message: unknown): void => log.warn({}, String(message));
  return { warn, error: warn, deprecate: warn, debug: () => undefined };
}
