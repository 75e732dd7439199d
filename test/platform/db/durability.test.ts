import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from "../../../src/dev/embedded-postgres/start-embedded-postgres.js";
import { closeDatabase, connectDatabase } from "../../../src/platform/db/connect.js";
import {
  assertBootable,
  checkDurability,
  DatabaseNotFit,
  durabilityProblems,
} from "../../../src/platform/db/durability.js";
import { type FreshDatabase, emptyDatabase, freshDatabase } from "../../support/database.js";
import { embeddedHome } from "../../support/embedded-home.js";

const sound = {
  fsync: "on",
  fullPageWrites: "on",
  synchronousCommit: "on",
  version: "15.0",
  versionNumber: "150000",
};

describe("a server that keeps what it acknowledges", () => {
  let database: FreshDatabase;
  beforeAll(async () => {
    database = await freshDatabase();
  });
  afterAll(() => database.drop());

  it("is fit to boot on, without a word", async () => {
    expect(await assertBootable(database.db)).toEqual([]);
  });

  it("is not fit when the database itself turns synchronous_commit off", async () => {
    await database.db.raw(`do $$ begin execute format('alter database %I set synchronous_commit = off',
      current_database()); end $$`);
    const db = connectDatabase({ url: database.url, poolMax: 1, applicationName: "chargly-test" });
    await expect(assertBootable(db)).rejects.toThrow("synchronous_commit is off");
    await closeDatabase(db);
  });
});

describe("a server that may lose what it acknowledged", () => {
  let home: Awaited<ReturnType<typeof embeddedHome>>;
  let server: EmbeddedPostgres;
  beforeAll(async () => {
    home = await embeddedHome();
    const settings = { fsync: "off", full_page_writes: "off", synchronous_commit: "off" };
    server = await startEmbeddedPostgres({ dataDir: home.path, database: "chargly", settings });
  });
  afterAll(async () => {
    await server.stop();
    await home.remove();
  });

  it("is refused with everything that is wrong at once, the missing tables too", async () => {
    const db = connectDatabase({ url: server.url, poolMax: 2, applicationName: "chargly-test" });
    const refusal = await assertBootable(db).catch((error: unknown) => error);
    await closeDatabase(db);
    expect(refusal).toBeInstanceOf(DatabaseNotFit);
    expect(String(refusal)).toMatch(
      /fsync is off.*full_page_writes is off.*synchronous_commit is off.*migrations have not run/s,
    );
  });
});

describe("durabilityProblems", () => {
  it.each(["on", "remote_write", "remote_apply"])(
    "is content with synchronous_commit = %s",
    (setting) => {
      expect(durabilityProblems({ ...sound, synchronousCommit: setting })).toEqual([]);
    },
  );

  it("lets synchronous_commit = local run with a note", () => {
    const problems = durabilityProblems({ ...sound, synchronousCommit: "local" });
    expect(problems).toMatchObject([{ severity: "note", what: "synchronous_commit is local." }]);
  });

  it("refuses each single weakness, and says what, why and the fix", () => {
    const weaknesses = [
      { fsync: "off" },
      { fullPageWrites: "off" },
      { synchronousCommit: "off" },
      { version: "14.14", versionNumber: "140014" },
    ];
    for (const weakness of weaknesses) {
      const problems = durabilityProblems({ ...sound, ...weakness });
      expect(problems).toHaveLength(1);
      expect(problems[0]).toMatchObject({ severity: "refuse" });
      for (const text of [problems[0]?.what, problems[0]?.why, problems[0]?.fix]) {
        expect(text).toMatch(/\.$/);
      }
    }
  });
});

it("judges an empty database by its settings alone", async () => {
  const database = await emptyDatabase();
  expect(await checkDurability(database.db)).toEqual([]);
  await database.drop();
});
