import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  balance,
  expectOneEnd,
  testCard,
  times,
  untilApplied,
  type UsageApi,
  usageVerbs,
  wait,
} from "../metering/usage-api.js";
import { type QueueBackend, queueBackends } from "../support/queue-backends.js";
import { until } from "../support/until.js";
import { holdLock, type Scene, startScene } from "./crash-scene.js";

/** Nothing waits for the queue; what remains is the commit. */
const promptMs = 2_000;
const recoveryMs = 60_000;

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
    "behind a lock on its jobs": async (stack) =>
      (await holdLock(stack, "lock table bullmq.job in access exclusive mode")).release,
    "dropped with everything in it": async ({ database: { db } }) => {
      // Its workers use it all the time, and may keep a statement waiting for too long.
      const drop = async () => Boolean(await db.raw("drop schema bullmq cascade"));
      await until(drop, { because: "the schema to be dropped", timeoutMs: 20_000 });
      return async () => undefined;
    },
  },
};

describe.each(queueBackends)("usage with the queue away, on %s", (queue) => {
  let stack: Scene;
  let api: UsageApi;
  beforeEach(async () => {
    stack = await startScene(queue, { roles: ["web", "worker", "scheduler"] });
    api = usageVerbs(() => stack);
    await stack.chargly.rateCards.publish(testCard);
    await api.give("ann", 1_000);
  }, 60_000);
  afterEach(async () => {
    stack.redis?.thaw();
    await stack.stop();
  });

  it.each(Object.entries(outages[queue]))(
    "(%s): it is taken as promptly as ever, and applied by the sweep when the queue is back",
    async (_what, takeAway) => {
      const event = (id: string) => ({ id, customerId: "ann", event: "chat.reply" });
      await api.send(event("before"));
      await untilApplied(stack.database.db, 20_000);
      const bringBack = await takeAway(stack);
      for (const n of times(10, (each) => each)) {
        const startMs = performance.now();
        expect((await api.send(times(10, (k) => event(`a-${n}-${k}`)))).status).toBe(202);
        expect((await api.send(event(`w-${n}`), wait)).status).toBe(200);
        expect(performance.now() - startMs).toBeLessThan(promptMs);
      }
      await bringBack();
      await untilApplied(stack.database.db, recoveryMs);
      expect(await api.wallet("ann")).toMatchObject(balance(1_000 - 111));
      await expectOneEnd(stack.database.db);
    },
    120_000,
  );
});
