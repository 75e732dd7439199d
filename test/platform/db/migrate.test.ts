import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, inject, it } from "vitest";
import {
  closeDatabase,
  connectDatabase,
  migrationTimeouts,
} from "../../../src/platform/db/connect.js";
import { checkMigrations } from "../../../src/platform/db/durability.js";
import {
  migrate,
  migrateCliName,
  pendingMigrations,
  unknownMigrations,
} from "../../../src/platform/db/migrate.js";
import { migrationSource, migrationsFolder } from "../../../src/platform/db/migration-source.js";
import { type FreshDatabase, emptyDatabase } from "../../support/database.js";
import { until } from "../../support/until.js";

const sample = fileURLToPath(new URL("migrations-sample", import.meta.url));
const root = fileURLToPath(new URL("../../..", import.meta.url));
const both = ["0001_purses", "0002_purse_credits"];

let database: FreshDatabase;
let folder: string;

beforeEach(async () => {
  database = await emptyDatabase(migrationTimeouts);
  folder = await mkdtemp(join(inject("runFolder"), "migrations-"));
  await writeFile(join(folder, "package.json"), '{"type":"module"}');
});
afterEach(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

it("runs each pending migration once, in order, and knows what is pending", async () => {
  expect(await pendingMigrations(database.db, sample)).toEqual(both);
  expect(await migrate(database.db, sample)).toEqual(both);
  expect(await pendingMigrations(database.db, sample)).toEqual([]);
  expect(await migrate(database.db, sample)).toEqual([]);
  expect(await database.db("purses").select("credits")).toEqual([]);
});

it("takes the compiled files for the same migrations, and no other file for one", async () => {
  await migrate(database.db, sample);
  for (const name of both) await writeCompiled(name);
  await writeFile(join(folder, "0001_purses.d.ts"), "export {};");
  await writeFile(join(folder, "README.md"), "# Migrations");
  expect(await pendingMigrations(database.db, folder)).toEqual([]);
  await writeCompiled("0003_purse_owner");
  expect(await pendingMigrations(database.db, folder)).toEqual(["0003_purse_owner"]);
  expect(await migrate(database.db, folder)).toEqual(["0003_purse_owner"]);
});

it("notices that the database is newer than the program, and refuses to boot on it", async () => {
  await migrate(database.db, sample);
  await writeCompiled("0001_purses");
  expect(await unknownMigrations(database.db, folder)).toEqual(["0002_purse_credits"]);
  expect(await checkMigrations(database.db, folder)).toMatchObject([
    { severity: "refuse", what: expect.stringContaining("0002_purse_credits") },
  ]);
});

it("refuses two migrations with one number", async () => {
  await writeCompiled("0001_purses");
  await writeCompiled("0001_wallets");
  await expect(migrationSource(folder).getMigrations([])).rejects.toThrow("its own number");
});

it("lets several processes migrate at once: one works, the others find it done", async () => {
  const pools = [1, 2, 3].map(() =>
    connectDatabase({
      url: database.url,
      poolMax: 2,
      applicationName: "chargly-release",
      ...migrationTimeouts,
    }),
  );
  const runs = await Promise.all(pools.map((db) => migrate(db, sample)));
  await Promise.all(pools.map(closeDatabase));
  expect(runs.flat()).toEqual(both);
});

it("goes on after a process that was killed while it migrated", async () => {
  await migrate(database.db, sample);
  await database.db("knex_migrations_lock").update({ is_locked: 1 });
  for (const name of [...both, "0003_purse_owner"]) await writeCompiled(name);
  expect(await migrate(database.db, folder)).toEqual(["0003_purse_owner"]);
});

it("respects the mark of a knex command line that is at work", async () => {
  await migrate(database.db, sample);
  await database.db("knex_migrations_lock").update({ is_locked: 1 });
  for (const name of [...both, "0003_purse_owner"]) await writeCompiled(name);
  const cli = connectDatabase({ url: database.url, poolMax: 1, applicationName: migrateCliName });
  await cli.transaction(async (trx) => {
    await trx.raw("select 1");
    await expect(migrate(database.db, folder)).rejects.toThrow(/lock/i);
  });
  await closeDatabase(cli);
  await until(async () => (await cliSessions()) === 0, { because: "the command line to be gone" });
  expect(await migrate(database.db, folder)).toEqual(["0003_purse_owner"]);
});

it("finds the migrations of the product, which the template of this run has had", async () => {
  const files = (await readdir(migrationsFolder)).filter((name) => /^\d{4}_.*\.ts$/.test(name));
  const names = (await migrationSource().getMigrations([])).map((migration) => migration.name);
  expect(names).toEqual(files.map((file) => file.replace(/\.ts$/, "")).sort());
  expect(names.length).toBeGreaterThan(0);
});

it("is the same for the knex command line", async () => {
  const { stdout } = await promisify(execFile)(
    join(root, "node_modules/.bin/knex"),
    ["migrate:latest", "--knexfile", "knexfile.ts"],
    {
      cwd: root,
      env: { ...process.env, NODE_OPTIONS: "--import tsx", DATABASE_URL: database.url },
    },
  );
  expect(stdout).toContain("run:");
  expect(await pendingMigrations(database.db)).toEqual([]);
});

async function cliSessions(): Promise<number> {
  const rows = await database.db("pg_stat_activity").where("application_name", migrateCliName);
  return rows.length;
}

async function writeCompiled(name: string): Promise<void> {
  const table = name.slice(5);
  await writeFile(
    join(folder, `${name}.js`),
    `export const up = (knex) => knex.raw("create table ${table} ()");\n` +
      `export const down = (knex) => knex.raw("drop table ${table}");\n`,
  );
}
