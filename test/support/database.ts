import { randomBytes } from "node:crypto";
import pg from "pg";
import { inject } from "vitest";
import {
  closeDatabase,
  connectDatabase,
  type Database,
  type DatabaseOptions,
} from "../../src/platform/db/connect.js";
import { addressOf } from "./database-address.js";

export interface FreshDatabase {
  readonly url: string;
  readonly db: Database;
  /** Closes `db`, ends everybody else's sessions, and drops the database. */
  drop(): Promise<void>;
}

/**
 * A migrated database of its own, copied from the template of the run. Take one per test file in `beforeAll` and
 * drop it in `afterAll`. Options go to the pool behind `db`.
 */
export async function freshDatabase(
  options: Partial<Omit<DatabaseOptions, "url">> = {},
): Promise<FreshDatabase> {
  return copyOf(inject("templateDatabase"), options);
}

/** The same without any table, for tests of the migrations themselves. */
export async function emptyDatabase(
  options: Partial<Omit<DatabaseOptions, "url">> = {},
): Promise<FreshDatabase> {
  return copyOf("template0", options);
}

async function copyOf(
  template: string,
  options: Partial<Omit<DatabaseOptions, "url">>,
): Promise<FreshDatabase> {
  const name = `${inject("databasePrefix")}_${randomBytes(6).toString("hex")}`;
  await asAdmin(`create database ${name} template ${template}`);
  const url = addressOf(inject("adminDatabaseUrl"), name);
  const db = connectDatabase({ poolMax: 10, applicationName: "chargly-test", ...options, url });
  const drop = async (): Promise<void> => {
    await closeDatabase(db);
    await asAdmin(`drop database if exists ${name} with (force)`);
  };
  return { url, db, drop };
}

async function asAdmin(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: inject("adminDatabaseUrl") });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
