import type { SimulatorControl } from "@chargly/stripe-simulator";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { queueBackends } from "../support/queue-backends.js";
import { testPack, type TestStack } from "../support/stack.js";
import { until } from "../support/until.js";
import {
  deliver,
  eventOf,
  expectCleanBooks,
  expectNoGrant,
  expectOneGrant,
  inboxRow,
  newCustomer,
  openCheckout,
  startHeldStack,
} from "./payment-scene.js";

type Fault = Parameters<SimulatorControl["failRequests"]>[0];

const sessions = "/v1/checkout/sessions";
/** A call is made three times by Stripe's SDK, but a refusal by rate limit only once. */
const outages: readonly (readonly [string, Fault])[] = [
  ["answers 500", { status: 500, count: 3 }],
  ["does the work and answers 500", { status: 500, count: 3, afterEffect: true }],
  ["answers 429", { status: 429, count: 1 }],
  ["cuts the connection", { status: "reset", count: 3 }],
  ["does the work and cuts the connection", { status: "reset", count: 3, afterEffect: true }],
];

describe("a Stripe that fails while a checkout is started", () => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await startHeldStack("postgres");
  });
  afterAll(() => stack.stop());
  afterEach(async () => {
    await stack.simulator.control.clearFaults();
    await expectCleanBooks(stack);
  });

  const control = () => stack.simulator.control;
  const order = (customerId: string) =>
    stack.call("POST", "/v1/checkouts", { customerId, creditPackCode: testPack });
  const purchasesOf = async (customerId: string) => {
    const rows: readonly { state: string; session: string | null }[] = await stack.database
      .db("purchases")
      .join("wallets", "wallets.id", "purchases.wallet_id")
      .where("wallets.customer_id", customerId)
      .select("purchases.state", "purchases.checkout_session_id as session");
    return rows;
  };
  const madeSessions = async () => {
    const answer = await fetch(`${stack.simulator.url}${sessions}?limit=100`, {
      headers: { authorization: `Bearer ${stack.stripeKey}` },
    });
    return (await answer.text()).split(/"id": ?"cs_/).length - 1;
  };

  it.each(outages)(
    "and %s on a new session: 503, and the retry sells one session",
    async (_, fault) => {
      const customerId = newCustomer();
      const before = await madeSessions();
      await control().failRequests({ ...fault, method: "POST", pathPrefix: sessions });
      const failed = await order(customerId);
      expect(failed).toMatchObject({ status: 503, json: { code: "stripe_unavailable" } });
      expect(Number(failed.headers.get("retry-after"))).toBeGreaterThan(0);
      await control().clearFaults();
      const checkout = await openCheckout(stack, { customerId });
      expect(await purchasesOf(customerId)).toHaveLength(1);
      expect(await madeSessions()).toBe(before + 1);
      await control().pay(checkout.sessionId);
      await stack.chargly.checkouts.wait(checkout.id, { forSeconds: 20 });
      await expectOneGrant(stack, checkout);
    },
  );

  it("and fails once or twice: the customer does not notice", async () => {
    await control().failRequests({ status: 500, count: 2, method: "POST", pathPrefix: sessions });
    await control().failRequests({ status: "reset", count: 2, pathPrefix: "/v1/customers" });
    expect((await order(newCustomer())).status).toBe(201);
  });

  it("and refuses: 502 with Stripe's words, and the next try sells", async () => {
    const customerId = newCustomer();
    await control().failRequests({ status: 402, count: 1, method: "POST", pathPrefix: sessions });
    const refused = await order(customerId);
    expect(refused).toMatchObject({ status: 502, json: { code: "stripe_refused" } });
    expect((await order(customerId)).status).toBe(201);
    const states = await purchasesOf(customerId);
    expect(states.filter(({ state }) => state === "pending")).toHaveLength(1);
    expect(states.filter(({ session }) => session !== null)).toHaveLength(1);
  });

  it("and is away while a caller waits: the answer is what we know, not an error", async () => {
    const checkout = await openCheckout(stack);
    await control().failRequests({ status: "reset", count: 3, pathPrefix: `${sessions}/` });
    const waited = await stack.chargly.checkouts.get(checkout.id, { waitSeconds: 1 });
    expect(waited.status).toBe("pending");
  });

  it("and never answers: whoever gives up and tries again gets one checkout", async () => {
    await control().failRequests({
      status: "timeout",
      count: 3,
      method: "POST",
      pathPrefix: "/v1/customers",
    });
    const customerId = newCustomer();
    const giveUp = AbortSignal.timeout(500);
    const impatient = fetch(`${stack.url}/v1/checkouts`, {
      method: "POST",
      headers: { authorization: `Bearer ${stack.apiKey}`, "content-type": "application/json" },
      body: JSON.stringify({ customerId, creditPackCode: testPack }),
      signal: giveUp,
    });
    await expect(impatient).rejects.toThrow(/timeout|aborted/i);
    await control().clearFaults();
    expect((await order(customerId)).status).toBe(201);
    expect(await purchasesOf(customerId)).toHaveLength(1);
  });
});

describe.each(queueBackends)(
  "a Stripe that fails while events are settled, queue on %s",
  (queue) => {
    let stack: TestStack;
    beforeAll(async () => {
      stack = await startHeldStack(queue);
    });
    afterAll(() => stack.stop());

    const creditedAfter = async (fault: Fault) => {
      const { control } = stack.simulator;
      const checkout = await openCheckout(stack);
      await control.pay(checkout.sessionId);
      const { id } = await eventOf(stack, checkout, "checkout.session.completed");
      const pathPrefix = `${sessions}/${checkout.sessionId}`;
      await control.failRequests({ ...fault, method: "GET", pathPrefix });
      expect(await deliver(stack, id)).toBe(200);
      const failed = await until(
        async () => {
          const row = await inboxRow(stack, id);
          return row !== undefined && row.attempts > 0 && row;
        },
        { because: "the failed attempt", timeoutMs: 20_000 },
      );
      expect(failed).toMatchObject({
        attempts: 1,
        status: "received",
        reason: expect.stringMatching(/^stripe_unavailable/),
      });
      await expectNoGrant(stack, checkout);
      await until(async () => (await inboxRow(stack, id))?.status === "processed", {
        because: "the next attempt",
        timeoutMs: 20_000,
      });
      await expectOneGrant(stack, checkout);
    };

    it("has every event tried again by its row, and every payment credited once", async () => {
      await Promise.all(outages.map(([, fault]) => creditedAfter(fault)));
      await expectCleanBooks(stack);
    });
  },
);
