import { type Simulator, startSimulator } from "@chargly/stripe-simulator";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { waitMsOf } from "../../../src/platform/stripe-client/paced-http-client.js";
import { createStripeClients } from "../../../src/platform/stripe-client/stripe-clients.js";

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.stop());

const credentials = { secretKey: "sk_test_paced", connectedAccount: null };

it("lets no second see more requests than were allowed, however many are asked at once", async () => {
  const sentMs: number[] = [];
  const onRequest = () => void sentMs.push(Date.now());
  const stripe = createStripeClients(simulator.url, { requestsPerSecond: 20, onRequest })(
    credentials,
  );
  await Promise.all(Array.from({ length: 45 }, () => stripe.charges.list({ limit: 1 })));
  expect(sentMs).toHaveLength(45);
  for (const [at, ms] of sentMs.entries())
    expect(
      sentMs.filter((other, after) => after >= at && other < ms + 1_000).length,
    ).toBeLessThanOrEqual(20);
});

it("repeats what Stripe answered with 429, and tells why it waits; nobody asks meanwhile", async () => {
  const waits: number[] = [];
  const pace = {
    requestsPerSecond: 1_000,
    onLimited: ({ waitMs }: { waitMs: number }) => void waits.push(waitMs),
  };
  const stripe = createStripeClients(simulator.url, pace)(credentials);
  await simulator.control.failRequests({ status: 429, count: 2, retryAfterSec: 0 });
  await simulator.control.failRequests({ status: 429, count: 1 });
  const answers = await Promise.all([stripe.charges.list(), stripe.refunds.list()]);
  expect(answers.map(({ data }) => data)).toEqual([[], []]);
  expect(waits).toHaveLength(3);
});

it("gives up on Stripe after nine refusals in a row", async () => {
  let sent = 0;
  const pace = { requestsPerSecond: 1_000, onRequest: () => void sent++ };
  const stripe = createStripeClients(simulator.url, pace)(credentials);
  await simulator.control.failRequests({ status: 429, count: 9, retryAfterSec: 0 });
  await expect(stripe.charges.list()).rejects.toMatchObject({ statusCode: 429 });
  expect(sent).toBe(9);
});

it("waits as long as Stripe says, else twice as long each time within bounds", () => {
  const random = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.nat({ max: 60 }), fc.nat({ max: 8 }), random, (seconds, before, chance) => {
      expect(waitMsOf(String(seconds), before, chance)).toBe(seconds * 1_000);
      for (const unusable of [undefined, "", "soon", "-1", "86400"]) {
        const waitMs = waitMsOf(unusable, before, chance);
        const most = Math.min(500 * 2 ** before, 30_000);
        expect(waitMs).toBeLessThanOrEqual(most);
        expect(waitMs).toBeGreaterThanOrEqual(most / 2);
      }
    }),
  );
});
