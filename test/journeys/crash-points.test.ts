import { createServer } from "node:http";
import { describe, expect, test } from "vitest";
import { queueBackends } from "../support/queue-backends.js";
import { type TestStack } from "../support/stack.js";
import { until } from "../support/until.js";
import {
  countJobs,
  deliver,
  endGhosts,
  expectOneGrant,
  holdLock,
  openQueueDoor,
  payHeld,
  type Payment,
  type Scene,
  startScene,
  stateOf,
  waitsForLock,
} from "./crash-scene.js";

/** The sweep rings again after ten seconds and at most two more; a stalled job comes back within nine. */
const recoveryMs = 20_000;
/** Mostly a wait for what is due: they go side by side, each with a stack of its own. */
const timeoutMs = 90_000;
/** More copies of the events than a crash could make. */
const copies = 3;

describe.concurrent.each(queueBackends)("SIGKILL, queue on %s", { timeout: timeoutMs }, (queue) => {
  const it = test.extend<{ stack: Scene }>({
    // oxlint-disable-next-line no-empty-pattern -- vitest reads from it which fixtures are needed
    stack: async ({}, use) => {
      const stack = await startScene(queue);
      await use(stack);
      await stack.stop();
    },
  });

  const lockPurchase = (stack: Scene, { sessionId }: Payment) =>
    holdLock(stack, "select 1 from purchases where checkout_session_id = ? for update", [
      sessionId,
    ]);

  /** A worker that has read the payment from Stripe and waits inside its transaction for the purchase. */
  async function holdWorkerBeforePosting(stack: Scene, env: Record<string, string> = {}) {
    const victim = await stack.spawn("worker", env);
    const payment = await payHeld(stack, "user_1");
    const purchase = await lockPurchase(stack, payment);
    expect((await deliver(stack, payment)).status).toBe(200);
    await waitsForLock(stack, "chargly-worker");
    return { victim, payment, purchase };
  }

  /** Other processes take over; then Stripe repeats itself, and nothing more is granted. */
  async function recover(stack: Scene, payment: Payment): Promise<void> {
    await stack.start(["worker", "scheduler"]);
    await expectOneGrant(stack, payment, recoveryMs);
    for (let copy = 0; copy < copies; copy++) await deliver(stack, payment);
    await stack.simulator.control.flushHeld();
    await expectOneGrant(stack, payment, recoveryMs);
    await until(async () => (await countJobs(stack.ctx.engine))["active"] === 0, {
      because: "the abandoned job to end",
      timeoutMs: recoveryMs,
    });
    expect((await countJobs(stack.ctx.engine))["failed"]).toBe(0);
  }

  it("of web after the inbox commit and before the ring: the sweep rings", async ({ stack }) => {
    const door = await openQueueDoor(stack);
    const web = await stack.spawn("web", door.env);
    const payment = await payHeld(stack, "user_1");
    door.gateway?.freeze();
    const frozen =
      queue === "redis"
        ? undefined
        : await holdLock(stack, "lock table bullmq.job in access exclusive mode");
    expect((await deliver(stack, payment, web.url)).status).toBe(200);
    if (frozen !== undefined) await waitsForLock(stack, "chargly-queue");
    await web.kill();
    await door.gateway?.close();
    await endGhosts(stack, "chargly-queue");
    await frozen?.release();
    expect(sum(await countJobs(stack.ctx.engine))).toBe(0);
    expect(await stateOf(stack, payment)).toBe("pending");
    await recover(stack, payment);
  });

  it("of a worker while it reads from Stripe", async ({ stack }) => {
    const stripe = await openSilentStripe();
    const victim = await stack.spawn("worker", { STRIPE_API_BASE: stripe.url });
    const payment = await payHeld(stack, "user_1");
    await deliver(stack, payment);
    await until(() => stripe.asked().some((path) => path.includes(payment.sessionId)), {
      because: "the worker to ask Stripe",
      everyMs: 2,
    });
    await victim.kill();
    await stripe.close();
    expect((await countJobs(stack.ctx.engine))["active"]).toBe(1);
    expect(await stateOf(stack, payment)).toBe("pending");
    await recover(stack, payment);
  });

  it("of a worker inside its transaction, before it posts", async ({ stack }) => {
    const { victim, payment, purchase } = await holdWorkerBeforePosting(stack);
    await victim.kill();
    await endGhosts(stack, "chargly-worker");
    await purchase.release();
    expect((await countJobs(stack.ctx.engine))["active"]).toBe(1);
    expect(await stateOf(stack, payment)).toBe("pending");
    await recover(stack, payment);
  });

  it("of a worker after the ledger commit and before it marks the event", async ({ stack }) => {
    const { victim, payment, purchase } = await holdWorkerBeforePosting(stack);
    const event = await holdLock(stack, "select 1 from stripe_events for update");
    await purchase.release();
    await waitUntilPaid(stack, payment);
    await victim.kill();
    await endGhosts(stack, "chargly-worker");
    await event.release();
    expect((await countJobs(stack.ctx.engine))["active"]).toBe(1);
    expect(await statusOfEvents(stack)).toEqual(["received"]);
    await recover(stack, payment);
  });

  it("of a worker after the ledger commit and before it acknowledges the job", async ({
    stack,
  }) => {
    const door = await openQueueDoor(stack);
    const { victim, payment, purchase } = await holdWorkerBeforePosting(stack, door.env);
    const job =
      queue === "redis"
        ? undefined
        : await holdLock(stack, "select 1 from bullmq.job where state = 'active' for update");
    door.gateway?.freeze();
    await purchase.release();
    await until(async () => (await statusOfEvents(stack))[0] === "processed", {
      because: "the event to be processed",
      everyMs: 2,
    });
    await victim.kill();
    await door.gateway?.close();
    await endGhosts(stack, "chargly-queue");
    await job?.release();
    expect((await countJobs(stack.ctx.engine))["active"]).toBe(1);
    expect(await stateOf(stack, payment)).toBe("paid");
    await recover(stack, payment);
  });
});

async function waitUntilPaid(stack: TestStack, payment: Payment): Promise<void> {
  await until(async () => (await stateOf(stack, payment)) === "paid", {
    because: "the ledger commit",
    everyMs: 2,
  });
}

async function statusOfEvents(stack: TestStack): Promise<string[]> {
  return stack.database.db("stripe_events").pluck("status");
}

function sum(counts: Record<string, number>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

/** A Stripe that takes every request and never answers. */
async function openSilentStripe() {
  const paths: string[] = [];
  const server = createServer((request) => void paths.push(request.url ?? ""));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    asked: (): readonly string[] => paths,
    close: async (): Promise<void> => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
