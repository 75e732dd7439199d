import { afterAll, beforeAll, expect, it } from "vitest";
import { emptyDatabase, type FreshDatabase } from "../support/database.js";
import { chargly, charglyHere, newMasterKeys } from "./chargly.js";

let empty: FreshDatabase;
beforeAll(async () => {
  empty = await emptyDatabase();
});
afterAll(() => empty.drop());

it("says to migrate first, shows what would run, runs it once, and needs DATABASE_URL alone", async () => {
  const env = { DATABASE_URL: empty.url };
  const full = { ...env, CHARGLY_MASTER_KEYS: newMasterKeys() };
  const [early, doctor, dry] = await Promise.all([
    charglyHere(["projects", "list"], { env: full }),
    charglyHere(["doctor", "--json"], { env: full }),
    charglyHere(["migrate", "--dry-run", "--json"], { env }),
  ]);
  expect([early.code, early.stderr]).toEqual([1, expect.stringContaining("chargly migrate")]);
  expect(doctor.code).toBe(1);
  expect(doctor.json().checks).toContainEqual({
    name: "migrations",
    status: "fail",
    detail: expect.stringContaining("0001_tenancy"),
    fix: expect.stringContaining("chargly migrate"),
  });
  expect(doctor.json().checks).toContainEqual(
    expect.objectContaining({ name: "books", status: "skipped" }),
  );
  const { migrations } = dry.json();
  expect(migrations[0]).toBe("0001_tenancy");
  const [one, two] = await Promise.all([
    chargly(["migrate", "--json"], { env }),
    chargly(["migrate", "--json"], { env }),
  ]);
  const ran = [one.json().migrations, two.json().migrations];
  expect(ran.toSorted((a, b) => b.length - a.length)).toEqual([migrations, []]);
  await empty.db("knex_migrations").insert({ name: "9999_from_the_future", batch: 99 });
  const older = await charglyHere(["migrate", "--json"], { env });
  expect([older.code, older.error().detail]).toEqual([
    1,
    expect.stringContaining("9999_from_the_future"),
  ]);
}, 120_000);

it("names what is wrong with the environment, and never prints a secret or a stack", async () => {
  const masterKeys = newMasterKeys();
  const [none, wrong, down, unknown] = await Promise.all([
    chargly(["projects", "list"]),
    charglyHere(["doctor", "--json"], {
      env: { DATABASE_URL: "mysql://u:hunter2@h/d", CHARGLY_MASTER_KEYS: masterKeys },
    }),
    charglyHere(["projects", "list", "--json"], {
      env: { DATABASE_URL: "postgres://u:hunter2@127.0.0.1:1/d", CHARGLY_MASTER_KEYS: masterKeys },
    }),
    charglyHere(["projects", "list"], {
      env: { DATABASE_URL: `${empty.url}_gone`, CHARGLY_MASTER_KEYS: masterKeys },
    }),
  ]);
  expect([none.code, none.stderr]).toEqual([1, expect.stringContaining("DATABASE_URL is not set")]);
  expect(wrong.json().checks[0]).toMatchObject({ name: "configuration", status: "fail" });
  expect([down.code, down.error().code]).toEqual([1, "unavailable"]);
  expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringContaining("does not exist")]);
  for (const { stdout, stderr } of [none, wrong, down, unknown]) {
    expect(stdout + stderr).not.toMatch(/hunter2|\n\s+at /);
    expect(stdout + stderr).not.toContain(masterKeys);
  }
}, 120_000);
