import { type Simulator, startSimulator } from "@chargly/stripe-simulator";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type Stripe from "stripe";
import { Refusal } from "../../../src/kernel/refusals.js";
import { createStripeClients } from "../../../src/platform/stripe-client/stripe-clients.js";
import { askStripe, stripeErrorKind } from "../../../src/platform/stripe-client/stripe-error.js";

/** Without the SDK's own retries, which take seconds. */
const once: Stripe.RequestOptions = { maxNetworkRetries: 0, timeout: 300 };

let simulator: Simulator;
let clientOf: (secretKey: string, connectedAccount?: string) => Stripe;
beforeAll(async () => {
  simulator = await startSimulator();
  const clients = createStripeClients(simulator.url);
  clientOf = (secretKey, connectedAccount) =>
    clients({ secretKey, connectedAccount: connectedAccount ?? null });
});
afterAll(() => simulator.stop());
afterEach(() => simulator.control.clearFaults());

const createCustomer = (key = "sk_test_shop", account?: string) =>
  clientOf(key, account).customers.create({}, once);

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error("it worked, although it should fail");
}

const refusalOf = async (ask: () => Promise<unknown>) => {
  const error = await failureOf(askStripe(ask));
  if (error instanceof Refusal) return error;
  throw new Error("no refusal", { cause: error });
};

describe("Stripe that cannot answer now", () => {
  it.each([500, 502, 503, 429, 409, "reset", "timeout"] as const)(
    "is unavailable, and worth another try: %s",
    async (status) => {
      await simulator.control.failRequests({ status, count: 10 });
      expect(stripeErrorKind(await failureOf(createCustomer()))).toBe("unavailable");
      const refusal = await refusalOf(() => createCustomer());
      expect(refusal.code).toBe("stripe_unavailable");
      expect(refusal.details.retryAfterSeconds).toBeGreaterThan(0);
      expect(refusal.details.detail).toContain("try again");
    },
  );

  it("is unavailable when nothing listens there at all", async () => {
    const nobody = createStripeClients("http://127.0.0.1:1");
    const client = nobody({ secretKey: "sk_test_shop", connectedAccount: null });
    const error = await failureOf(client.customers.create({}, once));
    expect(stripeErrorKind(error)).toBe("unavailable");
  });

  it("is asked again by itself: two faults in a row are not seen, and nothing is made twice", async () => {
    await simulator.control.failRequests({
      status: 503,
      count: 2,
      method: "POST",
      afterEffect: true,
    });
    const client = clientOf("sk_test_patient");
    const customer = await client.customers.create({}, { idempotencyKey: "one" });
    expect((await client.customers.list()).data.map(({ id }) => id)).toEqual([customer.id]);
  });
});

describe("Stripe that says no", () => {
  it.each([
    ["an expired key", "sk_test_shop_revoked", undefined],
    ["a key that may only read", "rk_test_shop_readonly", undefined],
    ["an account that is another platform's", "sk_test_shop", "not-an-account"],
  ])("to %s means that an operator has to act", async (_what, key, account) => {
    const error = await failureOf(createCustomer(key, account));
    expect(stripeErrorKind(error)).toBe("credentials");
    const { code, details } = await refusalOf(() => createCustomer(key, account));
    expect(code).toBe("stripe_refused");
    expect(details.detail).toContain("chargly stripe connect");
    expect(details.detail).not.toContain(key);
  });

  it("to an id that it does not know means that the object is missing", async () => {
    const ask = () => clientOf("sk_test_shop").customers.retrieve("cus_unknown", {}, once);
    expect(stripeErrorKind(await failureOf(ask()))).toBe("missing");
    expect(await refusalOf(ask)).toMatchObject({ code: "stripe_refused" });
  });

  it("to a request that is wrong, or a key used for another one, means that it is refused", async () => {
    const client = clientOf("sk_test_shop");
    const wrong = () => client.refunds.create({ amount: -1 }, once);
    expect(stripeErrorKind(await failureOf(wrong()))).toBe("refused");
    const { code, details } = await refusalOf(wrong);
    expect(code).toBe("stripe_refused");
    expect(details.detail).toMatch(/^Stripe said: .+/);
    const keyed = { ...once, idempotencyKey: "k" };
    await client.customers.create({ name: "a" }, keyed);
    const reused = await failureOf(client.customers.create({ name: "b" }, keyed));
    expect(stripeErrorKind(reused)).toBe("refused");
  });

  it("names Stripe's own request, so that it can be found in Stripe's dashboard", async () => {
    const ask = () => clientOf("sk_test_shop").customers.retrieve("cus_unknown", {}, once);
    const { details } = await refusalOf(ask);
    expect(details.detail).toMatch(/\(Stripe request req_\w+\)/);
  });
});

it("lets what is no error of Stripe's pass as it is", async () => {
  const bug = new TypeError("a bug of ours");
  expect(stripeErrorKind(bug)).toBeUndefined();
  expect(stripeErrorKind("text")).toBeUndefined();
  expect(await failureOf(askStripe(() => Promise.reject(bug)))).toBe(bug);
  expect(await askStripe(async () => 5)).toBe(5);
});
