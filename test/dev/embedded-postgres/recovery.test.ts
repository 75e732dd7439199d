import { type ChildProcess, spawn } from "node:child_process";
import { chown, mkdir, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { afterEach, beforeEach, expect, it } from "vitest";
import { chooseAccount } from "../../../src/dev/embedded-postgres/account.js";
import { isAlive, waitUntilGone } from "../../../src/dev/embedded-postgres/processes.js";
import { startEmbeddedPostgres } from "../../../src/dev/embedded-postgres/start-embedded-postgres.js";
import { ask, embeddedHome } from "../../support/embedded-home.js";
import { launchEmbedded } from "../../support/embedded-process.js";

let home: Awaited<ReturnType<typeof embeddedHome>>;
const strangers: ChildProcess[] = [];

const options = () => ({ dataDir: home.path, database: "chargly" });

beforeEach(async () => {
  home = await embeddedHome();
});
afterEach(async () => {
  for (const stranger of strangers.splice(0)) stranger.kill("SIGKILL");
  await home.remove();
});

it("stops the server that a killed process left, frozen or not, and keeps what it committed", async () => {
  const launch = await launchEmbedded(options());
  const orphan = launch.answer.pid ?? 0;
  await ask(launch.answer.url ?? "", "create table kept as select 547 as credits");
  await launch.end("SIGKILL");
  expect(isAlive(orphan)).toBe(true);
  process.kill(orphan, "SIGSTOP");

  const server = await startEmbeddedPostgres(options());
  expect(await waitUntilGone(orphan, 0)).toBe(true);
  expect(await ask(server.url, "select credits from kept")).toEqual([{ credits: 547 }]);
  await server.stop();
});

it("recovers when the server itself was killed with sessions open, at its old address if asked", async () => {
  const first = await startEmbeddedPostgres(options());
  await ask(first.url, "create table kept as select 547 as credits");
  const session = new pg.Client({ connectionString: first.url });
  session.on("error", () => undefined);
  await session.connect();
  process.kill(first.pid, "SIGKILL");
  await first.ended;
  await first.stop();

  const port = Number(new URL(first.url).port);
  const second = await startEmbeddedPostgres({ ...options(), port });
  expect(second.url).toBe(first.url);
  expect(await ask(second.url, "select credits from kept")).toEqual([{ credits: 547 }]);
  await second.stop();
});

it("never touches a stranger who has the pid of the old server", async () => {
  const first = await startEmbeddedPostgres(options());
  await first.stop();
  const stranger = await startStranger();
  const pidFile = join(first.dataDir, "postmaster.pid");
  await writeFile(
    pidFile,
    `${stranger}\n${first.dataDir}\n1700000000\n5432\n\n127.0.0.1\n\nready\n`,
  );
  const owner = await stat(first.dataDir);
  await chown(pidFile, owner.uid, owner.gid);

  const second = await startEmbeddedPostgres(options());
  expect(isAlive(stranger)).toBe(true);
  expect(await ask(second.url, "select 1 as n")).toEqual([{ n: 1 }]);
  await second.stop();
});

it("lets one of two processes have the folder, and tells the other whose it is", async () => {
  const launches = await Promise.all([launchEmbedded(options()), launchEmbedded(options())]);
  const winner = launches.find((launch) => launch.answer.url !== undefined);
  const loser = launches.find((launch) => launch.answer.refused !== undefined);
  expect(loser?.answer.refused).toContain(`pid ${winner?.child.pid}`);
  expect(await ask(winner?.answer.url ?? "", "select 1 as n")).toEqual([{ n: 1 }]);
  await expect(startEmbeddedPostgres(options())).rejects.toThrow(`pid ${winner?.child.pid}`);
  await winner?.end("SIGTERM");
  expect(isAlive(winner?.answer.pid ?? 0)).toBe(false);
});

it("takes over the lock of a dead process, although its pid is in use again", async () => {
  await writeFile(join(home.path, "launcher.lock"), `${process.pid} 1 an-earlier-life\n`);
  const server = await startEmbeddedPostgres(options());
  await server.stop();
  expect((await readdir(home.path)).filter((name) => name.startsWith("launcher.lock"))).toEqual([]);
});

it("clears away an initdb that was killed halfway", async () => {
  await mkdir(join(home.path, "cluster.new-halfway"));
  await writeFile(join(home.path, "cluster.new-halfway", "PG_VERSION"), "18\n");
  const server = await startEmbeddedPostgres(options());
  await server.stop();
  expect((await readdir(home.path)).filter((name) => name.startsWith("cluster"))).toEqual([
    "cluster",
  ]);
});

it("refuses data of another version, data without its password and a folder that is no data", async () => {
  const cluster = join(home.path, "cluster");
  await mkdir(cluster);
  await expect(startEmbeddedPostgres(options())).rejects.toThrow("is no PostgreSQL data folder");
  await writeFile(join(cluster, "PG_VERSION"), "13\n");
  await expect(startEmbeddedPostgres(options())).rejects.toThrow(/made by PostgreSQL 13.*--reset/);
  await writeFile(join(cluster, "PG_VERSION"), "18\n");
  await expect(startEmbeddedPostgres(options())).rejects.toThrow(/password is missing.*--reset/);
  await rm(cluster, { recursive: true });
  expect(await readFile(join(home.path, "launcher.lock"), "utf8").catch(() => "none")).toBe("none");
});

/** A process of the server's own account, so that PostgreSQL too would take it for another server. */
async function startStranger(): Promise<number> {
  const account = await chooseAccount(undefined);
  const as = account === undefined ? {} : { uid: account.uid, gid: account.gid };
  const stranger = spawn("sleep", ["600"], { stdio: "ignore", ...as });
  strangers.push(stranger);
  return stranger.pid ?? 0;
}
