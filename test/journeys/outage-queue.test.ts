import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type QueueBackend, queueBackends } from "../support/queue-backends.js";
import { until } from "../support/until.js";

import { countCredited, openCheckouts, payAll, untilCredited } from "./crash-bulk.js";
import {
  deliver,
  expectCleanBooks,
  holdLock,
  payHeld,
  type Scene,
  startScene,
} from "./crash-scene.js";

const purchases = 20;
const alsoPaid = 1;
/** The sweep rings after ten seconds; a worker that lost its queue is replaced after fifteen. */
const recoveryMs = 45_000;
/** Nothing waits for the queue; what remains is the commit. Stripe is promised an answer in two seconds. */
const promptMs = 2_000;
/** The backends go side by side, the tests of one backend one after another. */
const oneByOne = { concurrent: false, timeout: 120_000 };

/** Takes the queue away, and answers what brings it back. */
type Outage = (stack: Scene) => Promise<() => Promise<void>>;

const outages: Readonly<Record<QueueBackend, Record<string, Outage>>> = {
  redis: {
    "frozen by SIGSTOP": async ({ redis }) => {
      redis?.freeze();
      return async () => redis?.thaw();
    },
    "killed and started again empty": async ({ redis }) => {
      await redis?.kill();
      return async () => redis?.restart();
    },
  },
  postgres: {
    "behind a lock on its jobs": async (stack) => {
      const lock = await holdLock(stack, "lock table bullmq.job in access exclusive mode");
      return lock.release;
    },
    // The next ring makes it anew, so it is hardly away at all.
    "dropped with everything in it": async ({ database: { db } }) => {
      // Its workers use it all the time, and may keep a statement waiting for too long.
      const drop = async () => Boolean(await db.raw("drop schema bullmq cascade"));
      await until(drop, { because: "the schema to be dropped", timeoutMs: 20_000 });
      return async () => undefined;
    },
  },
};

describe.concurrent.each(queueBackends)("with the queue on %s", (queue) => {
  let stack: Scene;
  beforeEach(async () => {
    stack = await startScene(queue, { roles: ["web", "worker", "scheduler"] });
  });
  afterEach(async () => {
    stack.redis?.thaw();
    await stack.stop();
  });

  it.each(Object.entries(outages[queue]))(
    "%s, events are taken at once, and all is credited after it without a hand",
    oneByOne,
    async (name, takeAway) => {
      const checkouts = await openCheckouts(stack, purchases);
      await payAll(stack, checkouts);
      const warm = await payHeld(stack, "warm");
      // All at once, so that web has opened its connections: what is measured below is the outage, not their making.
      await Promise.all(checkouts.map(() => deliver(stack, warm)));
      await untilCredited(stack, 1, recoveryMs);
      const bringBack = await takeAway(stack);
      const answers = await Promise.all(checkouts.map((checkout) => deliver(stack, checkout)));
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
      expect(Math.max(...answers.map(({ durationMs }) => durationMs))).toBeLessThan(promptMs);
      if (!name.startsWith("dropped")) expect(await countCredited(stack)).toBe(1);
      await bringBack();
      await stack.simulator.control.flushHeld();
      await untilCredited(stack, purchases + 1 + alsoPaid, recoveryMs);
      await expectCleanBooks(stack);
      await credits(stack, "after");
    },
  );
});

/** Whoever comes after the outage is served as if nothing had been. */
async function credits(stack: Scene, customerId: string): Promise<void> {
  const payment = await payHeld(stack, customerId);
  await deliver(stack, payment);
  await untilCredited(stack, purchases + 2 + alsoPaid, recoveryMs);
}
