import Stripe from "stripe";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { present } from "../../src/kernel/assert.js";
import { queueBackends } from "../support/queue-backends.js";
import { sessionOf, testPack, type TestStack } from "../support/stack.js";
import {
  expectCleanBooks,
  expectOneGrant,
  newCustomer,
  openCheckout,
  startHeldStack,
} from "../journeys/payment-scene.js";

describe.each(queueBackends)("sessions that Stripe refuses, queue on %s", (queue) => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await startHeldStack(queue);
  });
  afterAll(() => stack.stop());
  afterEach(() => expectCleanBooks(stack));

  const control = () => stack.simulator.control;
  const stripe = () => {
    const { host, port } = stack.simulator;
    return new Stripe(stack.stripeKey, { host, port, protocol: "http" });
  };
  const order = (customerId: string, headers: Record<string, string> = {}) =>
    stack.call("POST", "/v1/checkouts", { customerId, creditPackCode: testPack }, headers);
  const failSessions = (status: number, count: number) =>
    control().failRequests({ status, count, method: "POST", pathPrefix: "/v1/checkout/sessions" });
  const purchasesOf = async (customerId: string): Promise<readonly Written[]> =>
    stack.database
      .db("purchases")
      .join("wallets", "wallets.id", "purchases.wallet_id")
      .where("wallets.customer_id", customerId)
      .orderBy("purchases.created_at")
      .select("purchases.state", "purchases.problem", "purchases.revision", "next_check_at");
  const customersOf = async (customerId: string): Promise<readonly string[]> => {
    const rows = await stack.database
      .db("stripe_customers")
      .join("wallets", "wallets.id", "stripe_customers.wallet_id")
      .where("wallets.customer_id", customerId)
      .select("stripe_customer_id");
    return rows.map((row: { stripe_customer_id: string }) => row.stripe_customer_id);
  };

  it.each([{}, { "idempotency-key": "refused-once" }])(
    "end their purchase, so that the next try sells a new one, with headers %o",
    async (headers: Record<string, string>) => {
      const customerId = newCustomer();
      await failSessions(400, 1);
      const refused = await order(customerId, headers);
      await control().clearFaults();
      expect(refused).toMatchObject({ status: 502, json: { code: "stripe_refused" } });
      const [ended] = await purchasesOf(customerId);
      expect(ended).toMatchObject({ state: "failed", next_check_at: null });
      expect(ended?.problem).toMatch(/^Stripe refused the checkout: ./);
      expect(Number(ended?.revision)).toBe(1);
      const { status, json } = await order(customerId, headers);
      expect(status).toBe(201);
      expect((await purchasesOf(customerId)).map(({ state }) => state)).toEqual([
        "failed",
        "pending",
      ]);
      const sessionId = sessionOf(json["checkoutUrl"]);
      await control().pay(sessionId);
      await stack.call("GET", `/v1/checkouts/${String(json["id"])}?wait=20`);
      await expectOneGrant(stack, { customerId, id: String(json["id"]) });
    },
  );

  it("are no end of the purchase when Stripe is only away, or does not take the key", async () => {
    const away = newCustomer();
    await failSessions(500, 3);
    expect((await order(away)).status).toBe(503);
    await control().clearFaults();
    await failSessions(401, 1);
    expect((await order(away)).status).toBe(502);
    await control().clearFaults();
    expect(await purchasesOf(away)).toMatchObject([{ state: "created", problem: null }]);
  });

  it("are made for another customer when the merchant has deleted the one at Stripe, each time", async () => {
    const first = await openCheckout(stack);
    const { customerId } = first;
    for (const deletions of [1, 2]) {
      const gone = present((await customersOf(customerId))[0], "the wallet has a Stripe customer");
      await stripe().customers.del(gone);
      const successUrl = `https://app.example.com/${deletions}`;
      const next = await openCheckout(stack, { customerId, successUrl });
      const fresh = await customersOf(customerId);
      expect(fresh).toHaveLength(1);
      expect(fresh).not.toContain(gone);
      expect((await stripe().checkout.sessions.retrieve(next.sessionId)).customer).toBe(fresh[0]);
    }
    expect((await purchasesOf(customerId)).map(({ state }) => state)).toEqual([
      "expired",
      "expired",
      "pending",
    ]);
  });

  it("are made for one new customer when many checkouts find the old one deleted", async () => {
    const { customerId } = await openCheckout(stack);
    const [gone] = await customersOf(customerId);
    await stripe().customers.del(present(gone, "the wallet has a Stripe customer"));
    const successUrl = "https://app.example.com/many";
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => openCheckout(stack, { customerId, successUrl })),
    );
    expect(new Set(answers.map(({ sessionId }) => sessionId)).size).toBe(1);
    const { data } = await stripe().customers.list({ limit: 100 });
    const made = data.filter(({ metadata }) => metadata["customer_id"] === customerId);
    expect(made.map(({ id }) => id)).toEqual(await customersOf(customerId));
  });
});

interface Written {
  readonly state: string;
  readonly problem: string | null;
  readonly revision: bigint;
  readonly next_check_at: Date | null;
}
