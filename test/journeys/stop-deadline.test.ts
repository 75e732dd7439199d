import { afterAll, beforeAll, expect, it } from "vitest";
import { startTestStack, testPack, type TestStack } from "../support/stack.js";
import { until } from "../support/until.js";
import { countJobs, deliver, payHeld } from "./crash-scene.js";

const shutdownSeconds = 4;
let stack: TestStack;
beforeAll(async () => {
  const env = { SHUTDOWN_TIMEOUT_SECONDS: String(shutdownSeconds) };
  stack = await startTestStack({ roles: ["web"], env });
  await stack.simulator.control.setDelivery({ mode: "hold" });
});
afterAll(() => stack.stop());

it("web and worker of one process stop within one deadline, though both are held up by Stripe", async () => {
  const payment = await payHeld(stack, "buyer");
  const running = await stack.start(["web", "worker"]);
  await stack.simulator.control.latency({ ms: 9_000 });
  await stack.simulator.control.resetLog();
  await deliver(stack, payment);
  const taken = async () => (await countJobs(stack.ctx.engine))["active"] === 1;
  await until(taken, { because: "the worker to take the job", everyMs: 5 });
  const asked = (await stack.simulator.control.requests()).count;
  const request = fetch(`${running.url}/v1/checkouts`, {
    method: "POST",
    headers: { authorization: `Bearer ${stack.apiKey}`, "content-type": "application/json" },
    body: JSON.stringify({ customerId: "another", creditPackCode: testPack }),
  }).then(
    ({ status }) => status,
    () => "cut off",
  );
  const isAsked = async () => (await stack.simulator.control.requests()).count > asked;
  await until(isAsked, { because: "the request to wait for Stripe", everyMs: 5 });
  const startMs = performance.now();
  await running.stop();
  const stoppedMs = performance.now() - startMs;
  expect(await request).toBe("cut off");
  expect(stoppedMs).toBeGreaterThanOrEqual(shutdownSeconds * 1_000 - 100);
  // One after another with the whole time each, the two would take twice as long.
  expect(stoppedMs).toBeLessThan(shutdownSeconds * 1_000 * 2);
}, 60_000);
