import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from "../../src/dev/embedded-postgres/start-embedded-postgres.js";
import {
  closeDatabase,
  connectDatabase,
  type Database,
  migrationTimeouts,
} from "../../src/platform/db/connect.js";
import { migrate } from "../../src/platform/db/migrate.js";
import { addressOf } from "./database-address.js";
import { openProgramsFolder } from "./programs-folder.js";
import { hasRedis, withoutRedisNotice } from "./queue-backends.js";
import { openRunFolder, removeRunFolder } from "./run-folder.js";

declare module "vitest" {
  export interface ProvidedContext {
    /** The database of the server in which databases are created and dropped. */
    readonly adminDatabaseUrl: string;
    /** The migrated database that every test database is a copy of. */
    readonly templateDatabase: string;
    /** The names of all databases of this run begin with it. */
    readonly databasePrefix: string;
    /** Where servers of this run keep their files; deleted at the end. */
    readonly runFolder: string;
    /** Where the programs of this run are, once somebody has started them; deleted at the end. */
    readonly programsFolder: string;
  }
}

/**
 * Starts one PostgreSQL for the whole run, or uses the one that `CHARGLY_TEST_DATABASE_URL` names (its user must
 * be allowed to create databases), and migrates a template database once.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  if (!hasRedis) process.stderr.write(`\n${withoutRedisNotice}\n\n`);
  const runFolder = await openRunFolder();
  const programsFolder = await openProgramsFolder();
  const server = await startServer(runFolder);
  const databasePrefix = `chargly_test_${randomBytes(5).toString("hex")}`;
  const templateDatabase = `${databasePrefix}_template`;
  const teardown = async (): Promise<void> => {
    if (server.embedded === undefined) await dropDatabases(server.url, databasePrefix);
    await server.embedded?.stop();
    await removeRunFolder(runFolder);
    await rm(programsFolder, { recursive: true, force: true });
  };
  try {
    await createTemplate(server.url, templateDatabase);
  } catch (error) {
    await teardown();
    throw error;
  }
  project.provide("adminDatabaseUrl", server.url);
  project.provide("templateDatabase", templateDatabase);
  project.provide("databasePrefix", databasePrefix);
  project.provide("runFolder", runFolder);
  project.provide("programsFolder", programsFolder);
  return teardown;
}

async function startServer(
  runFolder: string,
): Promise<{ url: string; embedded: EmbeddedPostgres | undefined }> {
  const url = process.env["CHARGLY_TEST_DATABASE_URL"];
  if (url !== undefined && url !== "") return { url, embedded: undefined };
  const embedded = await startEmbeddedPostgres({
    dataDir: join(runFolder, "postgres"),
    database: "postgres",
    settings: { max_connections: "400" },
  });
  return { url: embedded.url, embedded };
}

async function createTemplate(adminUrl: string, name: string): Promise<void> {
  await withDatabase(adminUrl, (admin) => admin.raw("create database ??", [name]));
  await withDatabase(addressOf(adminUrl, name), (template) => migrate(template));
}

async function dropDatabases(adminUrl: string, prefix: string): Promise<void> {
  await withDatabase(adminUrl, async (admin) => {
    const names = await admin("pg_database").whereLike("datname", `${prefix}%`).pluck("datname");
    for (const name of names) await admin.raw("drop database if exists ?? with (force)", [name]);
  });
}

async function withDatabase(url: string, work: (db: Database) => Promise<unknown>): Promise<void> {
  const applicationName = "chargly-test-setup";
  const database = connectDatabase({ url, poolMax: 2, applicationName, ...migrationTimeouts });
  try {
    await work(database);
  } finally {
    await closeDatabase(database);
  }
}
