import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { queueBackends } from "../support/queue-backends.js";

import { until } from "../support/until.js";
import {
  countJobs,
  deliver,
  expectCleanBooks,
  payHeld,
  type Scene,
  startScene,
  stateOf,
} from "./crash-scene.js";

const shutdownSeconds = 5;
/** What the process may take beyond it to close its connections, on a busy machine. */
const closingMs = 5_000;
const requests = 200;

describe.each(queueBackends)("SIGTERM, queue on %s", (queue) => {
  let stack: Scene;
  beforeEach(async () => {
    stack = await startScene(queue, {
      env: { SHUTDOWN_TIMEOUT_SECONDS: String(shutdownSeconds) },
    });
  });
  afterEach(() => stack.stop());

  it(`during ${requests} requests lets web finish what it accepted, and nothing is half done`, async () => {
    const web = await stack.spawn("web");
    const payment = await payHeld(stack, "buyer");
    const grants = Array.from({ length: requests }, (_each, at) => grant(stack, web.url, at));
    const delivery = deliver(stack, payment, web.url).catch(() => undefined);
    await Promise.race(grants);
    const startMs = performance.now();
    const [exit, ...answers] = await Promise.all([web.terminate(), ...grants]);
    expect(performance.now() - startMs).toBeLessThan(shutdownSeconds * 1_000 + closingMs);
    expect({ code: exit.code, stderr: exit.stderr }).toEqual({ code: 0, stderr: "" });

    const given = new Set<string>(
      await stack.database.db("wallets").where("seq", 1).pluck("customer_id"),
    );
    const accepted = answers.filter(({ status }) => status === 201);
    expect(accepted.length).toBeGreaterThan(0);
    for (const { customerId } of accepted) expect(given).toContain(customerId);
    // The others were told that nothing happened, or the connection was cut before they were taken.
    const refused = answers.filter(({ status }) => status !== 201);
    expect(refused.filter(({ customerId }) => given.has(customerId))).toEqual([]);
    expect(refused.filter(({ status }) => status !== 0 && status !== 503)).toEqual([]);
    const inbox = await stack.database.db("stripe_events").pluck("id");
    expect(inbox).toHaveLength((await delivery)?.status === 200 ? 1 : inbox.length);
    await expectCleanBooks(stack);
  });

  it("lets a worker finish the job that it runs", async () => {
    const worker = await stack.spawn("worker");
    const payment = await payHeld(stack, "buyer");
    await stack.simulator.control.latency({ ms: 1_500 });
    await deliver(stack, payment);
    const taken = async () => (await countJobs(stack.ctx.engine))["active"] === 1;
    await until(taken, { because: "the worker to take the job", everyMs: 5 });
    expect(await stateOf(stack, payment)).toBe("pending");
    const exit = await worker.terminate();
    expect({ code: exit.code, stderr: exit.stderr }).toEqual({ code: 0, stderr: "" });
    expect(await stateOf(stack, payment)).toBe("paid");
    expect(await countJobs(stack.ctx.engine)).toMatchObject({ active: 0, completed: 1, failed: 0 });
    await expectCleanBooks(stack);
  });

  it("ends a scheduler with no claim left behind", async () => {
    const scheduler = await stack.spawn("scheduler");
    const schedules = () => stack.database.db("schedules");
    const ran = async () => (await schedules().where("runs", ">", 0).pluck("name")).length > 0;
    await until(ran, { because: "a first run" });
    const exit = await scheduler.terminate();
    expect({ code: exit.code, stderr: exit.stderr }).toEqual({ code: 0, stderr: "" });
    expect(await schedules().whereNotNull("claimed_until").pluck("name")).toEqual([]);
  });
});

interface Grant {
  readonly customerId: string;
  /** 0: no answer. */
  readonly status: number;
}

async function grant(stack: Scene, web: string, at: number): Promise<Grant> {
  const customerId = `customer_${at}`;
  try {
    const response = await fetch(`${web}/v1/wallets/${customerId}/grants`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${stack.apiKey}`,
        "content-type": "application/json",
        "idempotency-key": customerId,
      },
      body: JSON.stringify({ credits: 1, reason: "welcome" }),
    });
    await response.text();
    return { customerId, status: response.status };
  } catch {
    return { customerId, status: 0 };
  }
}
