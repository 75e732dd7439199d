import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { queueBackends } from "../support/queue-backends.js";

import { until } from "../support/until.js";
import { countCredited, openCheckouts, payAll, untilCredited } from "./crash-bulk.js";
import { completed, countJobs, expectCleanBooks, type Scene, startScene } from "./crash-scene.js";

const inFlight = 1_000;
const alsoPaid = 1;
const timeoutMs = 90_000;

describe.each(queueBackends)("emptying the queue, on %s", (queue) => {
  let stack: Scene;
  beforeEach(async () => {
    stack = await startScene(queue);
  });
  afterEach(() => stack.stop());

  /** As an operator's mistake would. */
  async function emptyQueue(): Promise<void> {
    if (stack.redis !== undefined) return stack.redis.flush();
    await stack.database.db.raw("truncate bullmq.job, bullmq.job_log, bullmq.job_dependency");
  }

  it(
    `with ${inFlight} purchases in flight costs nobody credits, and nobody gets them twice`,
    async () => {
      const checkouts = await openCheckouts(stack, inFlight);
      const { control } = stack.simulator;
      await control.setDelivery({ mode: "deliver", dropTypes: ["payment_intent.*", "charge.*"] });
      await payAll(stack, checkouts);
      await control.flushHeld();
      expect(await control.waitForIdle({ timeoutMs: 30_000 })).toEqual({ idle: true });
      const received = stack.database.db("stripe_events").where({ type: completed });
      expect(await received.clone().where({ status: "received" }).pluck("id")).toHaveLength(
        inFlight + alsoPaid,
      );
      const worker = await stack.start(["worker"]);
      await until(async () => (await countCredited(stack)) > 0, {
        because: "a first credit",
        everyMs: 1,
      });
      await emptyQueue();
      const early = await countCredited(stack);
      expect(early).toBeLessThan(inFlight);
      const { waiting, active } = await countJobs(stack.ctx.engine);
      expect((waiting ?? 0) + (active ?? 0)).toBeLessThan(inFlight / 10);
      await stack.start(["scheduler"]);
      await untilCredited(stack, inFlight + alsoPaid, timeoutMs);
      await expectCleanBooks(stack);
      await worker.stop();
    },
    timeoutMs + 30_000,
  );
});
