import { setTimeout as sleep } from "node:timers/promises";
import type { Knex } from "knex";
import type { Database, Trx } from "./connect.js";
import { migrationSource } from "./migration-source.js";

/** One number for all of Chargly; another program in the same database will not use it. */
const lockNumber = 4_706_220_547;
const lockWaitMs = 120_000;
const pollMs = 100;

/** The name under which the knex command line connects; see {@link freeStaleLock}. */
export const migrateCliName = "chargly-knex-cli";

export function migratorConfig(folder?: string): Knex.MigratorConfig {
  return { migrationSource: migrationSource(folder), tableName: "knex_migrations" };
}

/**
 * Runs the pending migrations, each in a transaction, and answers their names. Processes that call it at once
 * wait for each other. Needs a pool of two connections or more, and should have `migrationTimeouts`.
 */
export async function migrate(database: Database, folder?: string): Promise<readonly string[]> {
  return withMigrationLock(database, async () => {
    await freeStaleLock(database);
    const done: unknown = await database.migrate.latest(migratorConfig(folder));
    return namesIn(done);
  });
}

/** Knex answers the number of the batch and the names of its migrations. */
function namesIn(done: unknown): readonly string[] {
  const names: unknown = Array.isArray(done) ? done[1] : undefined;
  return Array.isArray(names) ? names.map(String) : [];
}

/** The migrations of this program that the database has not seen. Needs no lock and changes nothing. */
export async function pendingMigrations(
  database: Database,
  folder?: string,
): Promise<readonly string[]> {
  const seen = new Set(await completedMigrations(database));
  return (await knownMigrations(folder)).filter((name) => !seen.has(name));
}

/** The migrations that the database has seen and this program does not know: it is older than the database. */
export async function unknownMigrations(
  database: Database,
  folder?: string,
): Promise<readonly string[]> {
  const known = new Set(await knownMigrations(folder));
  return (await completedMigrations(database)).filter((name) => !known.has(name));
}

async function knownMigrations(folder?: string): Promise<readonly string[]> {
  return (await migrationSource(folder).getMigrations([])).map((migration) => migration.name);
}

async function completedMigrations(database: Database): Promise<readonly string[]> {
  if (!(await database.schema.hasTable("knex_migrations"))) return [];
  return database("knex_migrations").orderBy("id").pluck<string[]>("name");
}

/** PostgreSQL gives this lock back when the holder dies, which knex's own row does not. */
async function withMigrationLock<T>(database: Database, work: () => Promise<T>): Promise<T> {
  return database.transaction(async (trx) => {
    await trx.raw("set local idle_in_transaction_session_timeout = 0");
    for (const endMs = performance.now() + lockWaitMs; !(await tryLock(trx)); await sleep(pollMs)) {
      if (performance.now() > endMs) {
        throw new Error(
          `Another process has been migrating this database for ${lockWaitMs / 1000} s.`,
        );
      }
    }
    return work();
  });
}

async function tryLock(trx: Trx): Promise<boolean> {
  const answer: { rows: { locked: boolean }[] } = await trx.raw(
    "select pg_try_advisory_xact_lock(?::bigint) as locked",
    [lockNumber],
  );
  return answer.rows[0]?.locked === true;
}

/**
 * Knex marks a running migration in a row, and a killed process leaves the mark behind. We hold the advisory lock,
 * so the mark is stale unless the knex command line is at work, which does not know that lock.
 */
async function freeStaleLock(database: Database): Promise<void> {
  if (!(await database.schema.hasTable("knex_migrations_lock"))) return;
  const marked: unknown = await database("knex_migrations_lock").where("is_locked", 1).first();
  if (marked === undefined) return;
  const cli: unknown = await database("pg_stat_activity")
    .where({ application_name: migrateCliName })
    .whereRaw("datname = current_database()")
    .first("pid");
  if (cli === undefined) await database.migrate.forceFreeMigrationsLock(migratorConfig());
}
