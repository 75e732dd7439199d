import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { findEmbeddedPostgres } from "../../../src/dev/embedded-postgres/find-embedded-postgres.js";
import { isAlive } from "../../../src/dev/embedded-postgres/processes.js";
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from "../../../src/dev/embedded-postgres/start-embedded-postgres.js";
import { ask, embeddedHome } from "../../support/embedded-home.js";

let home: Awaited<ReturnType<typeof embeddedHome>>;
let server: EmbeddedPostgres;
const listenersBefore = ["exit", "SIGINT", "SIGTERM"].map((name) => process.listenerCount(name));

const start = (extra: { reset?: boolean; settings?: Record<string, string> } = {}) =>
  startEmbeddedPostgres({ dataDir: home.path, database: "chargly", ...extra });

beforeAll(async () => {
  home = await embeddedHome();
  server = await start();
});
afterAll(async () => {
  await server.stop();
  await home.remove();
});

it("keeps PostgreSQL's durability and speaks UTC", async () => {
  const rows = await ask(
    server.url,
    `select current_setting('fsync') as fsync, current_setting('full_page_writes') as pages,
            current_setting('synchronous_commit') as commits, current_setting('timezone') as zone`,
  );
  expect(rows).toEqual([{ fsync: "on", pages: "on", commits: "on", zone: "UTC" }]);
});

it("listens on loopback only, without a socket file", async () => {
  const rows = await ask(
    server.url,
    "select current_setting('listen_addresses') as at, current_setting('unix_socket_directories') as files",
  );
  expect(rows).toEqual([{ at: "127.0.0.1", files: "" }]);
});

it("lets nobody in without the password, which only the owner of the file reads", async () => {
  const address = new URL(server.url);
  address.password = "guess";
  await expect(ask(address.href, "select 1")).rejects.toMatchObject({ code: "28P01" });
  const file = join(home.path, "password");
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(new URL(server.url).password).toBe(await readFile(file, "utf8"));
});

it("survives Ctrl-C in our terminal, because it is in a process group of its own", async () => {
  const line = await readFile(`/proc/${server.pid}/stat`, "utf8");
  expect(line.slice(line.lastIndexOf(")") + 2).split(" ")[2]).toBe(String(server.pid));
});

it("hooks nothing to the exit or the signals of our process", () => {
  const now = ["exit", "SIGINT", "SIGTERM"].map((name) => process.listenerCount(name));
  expect(now).toEqual(listenersBefore);
});

it("is found by a command that works beside it, and no longer after it stopped", async () => {
  const where = { dataDir: home.path, database: "chargly" };
  expect(await findEmbeddedPostgres(where)).toBe(server.url);
  await server.stop();
  expect(await findEmbeddedPostgres(where)).toBeUndefined();
  server = await start();
});

it("keeps the data between starts, and stops once however often it is told", async () => {
  await ask(server.url, "create table kept as select 547 as credits");
  await Promise.all([server.stop(), server.stop()]);
  await server.ended;
  expect(isAlive(server.pid)).toBe(false);
  server = await start();
  expect(await ask(server.url, "select credits from kept")).toEqual([{ credits: 547 }]);
});

it("says the server's own words when it does not start, and leaves the folder usable", async () => {
  await server.stop();
  await expect(start({ settings: { max_connections: "many" } })).rejects.toThrow(
    /invalid value for parameter "max_connections".*DATABASE_URL/s,
  );
  server = await start();
  expect(await ask(server.url, "select 1 as n")).toEqual([{ n: 1 }]);
});

it("starts afresh when told to reset", async () => {
  await server.stop();
  const before = new URL(server.url).password;
  server = await start({ reset: true });
  expect(await ask(server.url, "select to_regclass('kept') as kept")).toEqual([{ kept: null }]);
  expect(new URL(server.url).password).not.toBe(before);
});
