import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { aRandomMoment } from "../support/random-moment.js";
import { queueBackends } from "../support/queue-backends.js";

import { openCheckouts, payAll, untilCredited } from "./crash-bulk.js";
import { expectCleanBooks, type Scene, startScene } from "./crash-scene.js";

const purchases = 30;
const kills = 5;
const lifeMaxMs = 1_500;
const alsoPaid = 1;
/** Slow enough that a kill meets work, fast enough that work gets done between two kills. */
const stripeLatencyMs = 60;

describe.concurrent.each(queueBackends)("random kills, queue on %s", (queue) => {
  let stack: Scene;
  beforeEach(async () => {
    stack = await startScene(queue);
  });
  afterEach(() => stack.stop());

  it(`credit ${purchases} purchases once each, although a worker dies about every second`, async () => {
    const checkouts = await openCheckouts(stack, purchases);
    await stack.simulator.control.setDelivery({ mode: "deliver", duplicate: 1, reorder: true });
    await stack.simulator.control.flushHeld();
    await stack.simulator.control.latency({ ms: stripeLatencyMs });
    await stack.start(["scheduler"]);
    const slow = { WORKER_CONCURRENCY: "2" };
    let next = stack.spawn("worker", slow);
    for (let kill = 0; kill < kills; kill++) {
      const victim = await next;
      next = stack.spawn("worker", slow);
      const from = Math.floor((purchases * kill) / kills);
      const to = Math.floor((purchases * (kill + 1)) / kills);
      await payAll(stack, checkouts.slice(from, to));
      await aRandomMoment(lifeMaxMs);
      expect((await victim.kill()).signal).toBe("SIGKILL");
    }
    await next;
    await untilCredited(stack, purchases + alsoPaid, 40_000);
    await expectCleanBooks(stack);
  }, 240_000);
});
