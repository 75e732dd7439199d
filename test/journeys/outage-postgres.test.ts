import { readdir, readFile } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from "../../src/dev/embedded-postgres/start-embedded-postgres.js";
import {
  closeDatabase,
  connectDatabase,
  migrationTimeouts,
} from "../../src/platform/db/connect.js";
import { migrate } from "../../src/platform/db/migrate.js";
import { type Gateway, openGateway } from "../platform/queue/gateway.js";
import type { FreshDatabase } from "../support/database.js";
import { addressOf } from "../support/database-address.js";
import { ask, embeddedHome } from "../support/embedded-home.js";
import { queueBackends } from "../support/queue-backends.js";
import { type Answer } from "../support/stack.js";
import { until } from "../support/until.js";
import {
  deliver,
  expectOneGrant,
  holdLock,
  payHeld,
  type Payment,
  type Scene,
  startScene,
} from "./crash-scene.js";

/** What Stripe is promised. */
const receiverMs = 2_000;
const recoveryMs = 45_000;

/** The backends go side by side, the tests of one backend one after another. */
const oneByOne = { concurrent: false, timeout: 120_000 };

describe.concurrent.each(queueBackends)("with Postgres away, queue on %s", (queue) => {
  /** A server of its own, so that nobody else is harmed. */
  let server: EmbeddedPostgres;
  let home: Awaited<ReturnType<typeof embeddedHome>>;
  beforeAll(async () => {
    home = await embeddedHome();
    server = await startEmbeddedPostgres({ dataDir: home.path, database: "postgres" });
  });
  afterAll(async () => {
    await server.stop();
    await home.remove();
  });

  let stack: Scene;
  let door: Gateway;
  let payment: Payment;
  beforeEach(async () => {
    door = await openGateway(server.url);
    const database = await ownDatabase(server.url, door, `chargly_${queue}`);
    stack = await startScene(queue, { database, roles: ["web", "worker", "scheduler"] });
    payment = await payHeld(stack, "user_1");
  });
  afterEach(async () => {
    await setServerRunning(server, true);
    await stack.stop();
    await door.close();
  });

  /** Stripe hears 503 in time, and so does the API. */
  async function expectAway(): Promise<void> {
    const answers = await Promise.all(Array.from({ length: 20 }, () => deliver(stack, payment)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 503));
    expect(Math.max(...answers.map(({ durationMs }) => durationMs))).toBeLessThan(receiverMs);
    const order = { customerId: "user_2", creditPackCode: "starter-500" };
    const requests = [
      stack.call("GET", "/v1/wallets/user_1"),
      stack.call("POST", "/v1/checkouts", order),
    ];
    for (const answer of await Promise.all(requests)) expectUnavailable(answer);
    expect((await deliver(stack, payment)).status).toBe(503);
  }

  /** Nobody is asked to do anything: Stripe repeats itself, and the processes find their way back. */
  async function expectRecovery(): Promise<void> {
    const works = async () => (await stack.call("GET", "/v1/wallets/user_1")).status === 200;
    await until(works, { because: "the API to work again", timeoutMs: recoveryMs });
    await expectOneGrant(stack, payment, recoveryMs);
    const later = await payHeld(stack, "user_3");
    await deliver(stack, later);
    await expectOneGrant(stack, later, recoveryMs);
  }

  /** Stripe's own deliveries fail during the outage, and come again after it. */
  async function letStripeDeliver(): Promise<void> {
    const patience = { retryBaseMs: 200, retryCapMs: 1_000, attemptsMax: 100 };
    await stack.simulator.control.setDelivery(patience);
    await stack.simulator.control.flushHeld();
  }

  it("(refused): 503 in time, and all is well after it", oneByOne, async () => {
    await door.close();
    await expectAway();
    await letStripeDeliver();
    await door.open();
    await expectRecovery();
  });

  it("(frozen by SIGSTOP): 503 in time, and all is well after it", oneByOne, async () => {
    await setServerRunning(server, false);
    await expectAway();
    await letStripeDeliver();
    await setServerRunning(server, true);
    await expectRecovery();
  });

  it(
    "(the inbox locked, so that its pool is exhausted): 503 in time, and the API still reads",
    oneByOne,
    async () => {
      const lock = await holdLock(stack, "lock table stripe_events in access exclusive mode");
      const answers = await Promise.all(Array.from({ length: 50 }, () => deliver(stack, payment)));
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 503));
      expect(Math.max(...answers.map(({ durationMs }) => durationMs))).toBeLessThan(receiverMs);
      expect((await stack.call("GET", "/v1/wallets/user_1")).status).toBe(200);
      await lock.release();
      await letStripeDeliver();
      await expectRecovery();
    },
  );

  it("(the API's pool exhausted): the receiver still takes events", oneByOne, async () => {
    await stack.call("POST", "/v1/wallets/user_9/grants", { credits: 1, reason: "opens it" });
    const lock = await holdLock(stack, "select 1 from wallets for update");
    // Several times the pool, so that the last wait longer for a connection than anybody may.
    const stuck = Array.from({ length: 60 }, () =>
      stack.call("POST", "/v1/wallets/user_9/grants", { credits: 1, reason: "stuck" }),
    );
    expect(await deliver(stack, payment)).toMatchObject({ status: 200 });
    const answers = await Promise.all(stuck);
    await lock.release();
    for (const { status, headers } of answers) {
      expect([409, 503]).toContain(status);
      expect(headers.get("content-type")).toContain("application/problem+json");
    }
    expect(answers.map(({ status }) => status)).toContain(503);
    await expectRecovery();
  });
});

function expectUnavailable({ status, headers, json }: Answer): void {
  expect({ status, code: json["code"] }).toEqual({ status: 503, code: "unavailable" });
  expect(headers.get("content-type")).toContain("application/problem+json");
  expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
}

/** A migrated database that is reached through the door by Chargly, and directly by the test. */
async function ownDatabase(serverUrl: string, door: Gateway, name: string): Promise<FreshDatabase> {
  await ask(serverUrl, `drop database if exists ${name} with (force)`);
  await ask(serverUrl, `create database ${name}`);
  const applicationName = "chargly-test";
  const url = addressOf(serverUrl, name);
  const migrator = connectDatabase({ url, poolMax: 2, applicationName, ...migrationTimeouts });
  await migrate(migrator);
  await closeDatabase(migrator);
  const db = connectDatabase({ url, poolMax: 5, applicationName });
  const drop = async (): Promise<void> => {
    await closeDatabase(db);
    await ask(serverUrl, `drop database if exists ${name} with (force)`);
  };
  return { url: addressOf(door.url, name), db, drop };
}

/** Stops the server with all its sessions where they are, or lets them go on. */
async function setServerRunning({ pid }: EmbeddedPostgres, runs: boolean): Promise<void> {
  const sessions = await childrenOf(pid);
  for (const each of [pid, ...sessions]) process.kill(each, runs ? "SIGCONT" : "SIGSTOP");
}

async function childrenOf(parent: number): Promise<number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const parents = await Promise.all(
    pids.map(async (pid) => {
      const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
      return Number(stat.slice(stat.lastIndexOf(")")).split(" ")[2]);
    }),
  );
  return pids.filter((_pid, at) => parents[at] === parent).map(Number);
}
