import { randomBytes } from "node:crypto";
import { createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Role } from "../../src/app/start-process.js";
import { startEmbeddedPostgres } from "../../src/dev/embedded-postgres/start-embedded-postgres.js";
import { emptyDatabase, type FreshDatabase, freshDatabase } from "../support/database.js";
import { addressOf } from "../support/database-address.js";
import { embeddedHome } from "../support/embedded-home.js";
import { type Exit, runRole } from "../support/processes.js";

const roles: readonly Role[] = ["web", "worker", "scheduler"];
const timeoutMs = 90_000;

let ready: FreshDatabase;
let empty: FreshDatabase;
beforeAll(async () => {
  [ready, empty] = await Promise.all([freshDatabase(), emptyDatabase()]);
});
afterAll(() => Promise.all([ready.drop(), empty.drop()]));

const complete = {
  CHARGLY_MASTER_KEYS: `test:${randomBytes(32).toString("base64")}`,
  OPERATOR_PASSWORD: randomBytes(12).toString("hex"),
  PORT: "0",
};

/** For whoever reads it at a terminal: what is wrong and the way out, and no stack. */
function expectRefusal({ code, signal, stdout, stderr }: Exit, words: readonly string[]): void {
  expect({ code, signal, stdout }).toEqual({ code: 1, signal: null, stdout: "" });
  for (const word of words) expect(stderr).toContain(word);
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(stderr).not.toMatch(/postgres:\/\/\S+@127\.0\.0\.1/);
}

describe.each(roles)("%s refuses to start, and says why,", (role) => {
  const quiet = { ...complete, LOG_LEVEL: "silent" };

  it(
    "with variables missing or wrong: all of them at once",
    async () => {
      const exit = await runRole(role, { PORT: "eighty", LOG_LEVEL: "loud" });
      const wrong = ["CHARGLY_MASTER_KEYS", "DATABASE_URL", "PORT", "LOG_LEVEL"];
      expectRefusal(exit, role === "web" ? [...wrong, "OPERATOR_PASSWORD"] : wrong);
    },
    timeoutMs,
  );

  it(
    "on a database without its migrations",
    async () => {
      const exit = await runRole(role, { ...quiet, DATABASE_URL: empty.url });
      expectRefusal(exit, ["migrations have not run", "0001_", "chargly migrate"]);
    },
    timeoutMs,
  );
});

describe("web refuses to start, and says why,", () => {
  const quiet = { ...complete, LOG_LEVEL: "silent" };

  it(
    "on a database that a newer version has changed",
    async () => {
      const newer = await freshDatabase();
      await newer
        .db("knex_migrations")
        .insert({ name: "9999_future", batch: 9, migration_time: new Date() });
      const exit = await runRole("web", { ...quiet, DATABASE_URL: newer.url });
      await newer.drop();
      expectRefusal(exit, ["9999_future", "does not know"]);
    },
    timeoutMs,
  );

  it(
    "on a server that may lose what it acknowledged: every setting at once",
    async () => {
      const home = await embeddedHome();
      const settings = { fsync: "off", full_page_writes: "off", synchronous_commit: "off" };
      const server = await startEmbeddedPostgres({
        dataDir: home.path,
        database: "chargly",
        settings,
      });
      const exit = await runRole("web", { ...quiet, DATABASE_URL: server.url });
      await server.stop();
      await home.remove();
      expectRefusal(exit, ["fsync is off", "full_page_writes is off", "synchronous_commit is off"]);
    },
    timeoutMs,
  );

  it(
    "with a wrong password, without showing it",
    async () => {
      const url = new URL(ready.url);
      url.password = "not-the-password";
      const exit = await runRole("web", { ...quiet, DATABASE_URL: url.href });
      expectRefusal(exit, ["password authentication failed", "DATABASE_URL"]);
      expect(exit.stderr).not.toContain("not-the-password");
    },
    timeoutMs,
  );

  it(
    "on a database that does not exist",
    async () => {
      const exit = await runRole("web", {
        ...quiet,
        DATABASE_URL: addressOf(ready.url, "nowhere"),
      });
      expectRefusal(exit, ["nowhere", "DATABASE_URL"]);
    },
    timeoutMs,
  );

  it(
    "on a port that is taken",
    async () => {
      const taken = createServer();
      await new Promise<void>((done) => taken.listen(0, "127.0.0.1", done));
      const address = taken.address();
      const port = typeof address === "object" && address !== null ? String(address.port) : "";
      const exit = await runRole("web", { ...quiet, DATABASE_URL: ready.url, PORT: port });
      await new Promise((done) => taken.close(done));
      expectRefusal(exit, [port, "PORT"]);
    },
    timeoutMs,
  );
});
