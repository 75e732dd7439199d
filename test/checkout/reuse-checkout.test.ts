import Stripe from "stripe";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { present } from "../../src/kernel/assert.js";
import { queueBackends } from "../support/queue-backends.js";
import { sessionOf, testPack, type TestStack } from "../support/stack.js";
import { until } from "../support/until.js";
import {
  expectCleanBooks,
  expectOneGrant,
  newCustomer,
  openCheckout,
  purchaseRow,
  startHeldStack,
} from "../journeys/payment-scene.js";

const elsewhere = { successUrl: "https://app.example.com/other" };

describe.each(queueBackends)("one open checkout per wallet and pack, queue on %s", (queue) => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await startHeldStack(queue);
  });
  afterAll(() => stack.stop());
  afterEach(() => expectCleanBooks(stack));

  const control = () => stack.simulator.control;
  const order = (customerId: string, changes: object = {}) =>
    stack.call("POST", "/v1/checkouts", { customerId, creditPackCode: testPack, ...changes });
  const countOf = async (path: string) => {
    const { requests } = await control().requests({ pathPrefix: path });
    return requests.filter(({ method, path: exact }) => method === "POST" && exact === path).length;
  };
  /** The Stripe customers that were made for one of ours, and the sessions of the first of them. */
  const atStripe = async (customerId: string) => {
    const { host, port } = stack.simulator;
    const stripe = new Stripe(stack.stripeKey, { host, port, protocol: "http" });
    const { data } = await stripe.customers.list({ limit: 100 });
    const customers = data.filter(({ metadata }) => metadata["customer_id"] === customerId);
    const customer = present(customers[0], "Stripe knows the customer").id;
    const sessions = await stripe.checkout.sessions.list({ customer, limit: 100 });
    return { customers: customers.length, sessions: sessions.data.length };
  };
  const sessionsOf = async (customerId: string) => {
    const rows = await stack.database
      .db("purchases")
      .join("wallets", "wallets.id", "purchases.wallet_id")
      .where("wallets.customer_id", customerId)
      .select("purchases.id", "purchases.state", "purchases.checkout_session_id as session");
    return rows as readonly { id: string; state: string; session: string | null }[];
  };
  const publish = async (code: string, credits: number, amount = 999) => {
    const terms = { name: `${credits} credits`, credits, price: { amount, currency: "usd" } };
    const { status } = await stack.call("PUT", `/v1/credit-packs/${code}`, terms);
    expect(status).toBeLessThan(300);
  };

  it("answers 20 impatient clicks with one purchase, one session and one customer at Stripe", async () => {
    await control().resetLog();
    await control().latency({ ms: 200, jitterMs: 200 });
    const customerId = newCustomer();
    const answers = await Promise.all(Array.from({ length: 20 }, () => order(customerId)));
    await control().clearFaults();
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
    expect(new Set(answers.map(({ json }) => json["id"])).size).toBe(1);
    expect(new Set(answers.map(({ json }) => json["checkoutUrl"])).size).toBe(1);
    expect(await sessionsOf(customerId)).toHaveLength(1);
    expect(await atStripe(customerId)).toEqual({ customers: 1, sessions: 1 });
  });

  it("makes one Stripe customer for a wallet under 20 checkouts of different packs at once", async () => {
    const packs = Array.from({ length: 20 }, (_, n) => `pack-${n + 1}`);
    for (const [n, code] of packs.entries()) await publish(code, n + 1);
    const customerId = newCustomer();
    const answers = await Promise.all(
      packs.map((creditPackCode) => order(customerId, { creditPackCode })),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
    expect(await atStripe(customerId)).toEqual({ customers: 1, sessions: 20 });
    expect(await sessionsOf(customerId)).toHaveLength(20);
  });

  it("gives the same checkout again, and asks Stripe for no second session", async () => {
    const first = await openCheckout(stack);
    await control().resetLog();
    const again = await order(first.customerId);
    expect(again.json["id"]).toBe(first.id);
    expect(await countOf("/v1/checkout/sessions")).toBe(0);
  });

  it("replaces a checkout that leads elsewhere, so that the old page cannot be paid any more", async () => {
    const first = await openCheckout(stack);
    const second = await openCheckout(stack, { customerId: first.customerId, ...elsewhere });
    expect(second.id).not.toBe(first.id);
    expect((await purchaseRow(stack, first)).state).toBe("expired");
    await expect(control().pay(first.sessionId)).rejects.toThrow(/expired/);
    const again = await order(first.customerId, elsewhere);
    expect(again.json["id"]).toBe(second.id);
  });

  it("replaces a checkout whose session was never made, when the next one shall lead elsewhere", async () => {
    const customerId = newCustomer();
    await control().failRequests({
      status: 500,
      count: 3,
      method: "POST",
      pathPrefix: "/v1/checkout/sessions",
    });
    expect((await order(customerId)).status).toBe(503);
    await control().clearFaults();
    const second = await order(customerId, elsewhere);
    expect(second.status).toBe(201);
    const rows = await sessionsOf(customerId);
    expect(rows.map(({ state }) => state).toSorted()).toEqual(["expired", "pending"]);
    const open = rows.find(({ state }) => state === "pending");
    expect(sessionOf(second.json["checkoutUrl"])).toBe(open?.session);
  });

  it("does not sell again by a stale click what was paid a moment ago, and says that it is paid", async () => {
    const checkout = await openCheckout(stack);
    await control().pay(checkout.sessionId);
    const stale = await order(checkout.customerId);
    expect(stale.json).toMatchObject({ id: checkout.id, status: "paid" });
    expect(String(stale.json["checkoutUrl"])).toMatch(`${stack.ctx.publicUrl}/checkout/`);
    await expectOneGrant(stack, checkout);
    const elsewhereAgain = await openCheckout(stack, { customerId: checkout.customerId });
    expect(elsewhereAgain.id).not.toBe(checkout.id); // a further click, with the credits in sight, buys more
  });

  it("does not replace a checkout that was paid a moment ago, nor one whose payment is under way", async () => {
    const paid = await openCheckout(stack);
    await control().pay(paid.sessionId);
    expect((await order(paid.customerId, elsewhere)).json).toMatchObject({
      id: paid.id,
      status: "paid",
    });
    const delayed = await openCheckout(stack);
    await control().pay(delayed.sessionId, { card: "delayed" });
    expect((await order(delayed.customerId, elsewhere)).json).toMatchObject({
      id: delayed.id,
      status: "processing",
    });
  });

  it("sells the new version of a pack in a checkout of its own", async () => {
    await publish("growing", 100);
    const creditPackCode = "growing";
    const first = await openCheckout(stack, { creditPackCode });
    await publish("growing", 120);
    const second = await openCheckout(stack, { creditPackCode, customerId: first.customerId });
    expect(second.id).not.toBe(first.id);
    await control().pay(first.sessionId);
    const { json } = await stack.call("GET", `/v1/checkouts/${first.id}?wait=20`);
    expect(json).toMatchObject({ status: "paid", credits: 100 });
  });

  it("starts a new checkout when the open one is settled between finding and locking it", async () => {
    const first = await openCheckout(stack);
    const trx = await stack.database.db.transaction();
    const mine = { checkout_session_id: first.sessionId };
    await trx("purchases").where(mine).forUpdate().select("id");
    const answer = order(first.customerId);
    await until(
      async () => {
        const { rows } = await stack.database.db.raw<{ rows: unknown[] }>(
          `select from pg_stat_activity where datname = current_database()
           and wait_event_type = 'Lock' and query like '%"purchases"%for update%'`,
        );
        return rows.length > 0;
      },
      { because: "the order to wait for the purchase", everyMs: 5 },
    );
    await trx("purchases").where(mine).update({ state: "expired", next_check_at: null });
    await trx.commit();
    const { status, json } = await answer;
    expect(status).toBe(201);
    expect(json["id"]).not.toBe(first.id);
  });
});
