import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  boughtCheckout,
  happen,
  linesOf,
  type PaidCheckout,
  spend,
  startReturnsStack,
  walletIs,
  walletOf,
} from "../checkout/returns/returns-scene.js";
import { eventsOf, expectCleanBooks, sendInOrder, statusOf } from "../journeys/payment-scene.js";
import { queueBackends } from "../support/queue-backends.js";
import type { TestStack } from "../support/stack.js";
import { until } from "../support/until.js";

describe.each(queueBackends)("refunds by us, queue on %s", (queue) => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await startReturnsStack(queue);
  });
  afterAll(() => stack.stop());
  afterEach(async () => {
    await stack.simulator.control.clearFaults();
    await expectCleanBooks(stack);
  });

  const buyHundred = () => boughtCheckout(stack, { creditPackCode: "hundred" });
  const ask = (
    { id }: PaidCheckout,
    body: Readonly<Record<string, unknown>> = {},
    headers: Record<string, string> = {},
  ) => stack.call("POST", `/v1/purchases/${id}/refunds`, body, headers);
  const listed = async ({ id }: PaidCheckout): Promise<readonly Record<string, unknown>[]> => {
    const { data } = (await stack.call("GET", `/v1/purchases/${id}/refunds`)).json;
    return Array.isArray(data) ? data : [];
  };
  const rowsOf = ({ purchaseId }: PaidCheckout) =>
    stack.database.db("refunds").where({ purchase_id: purchaseId });
  const refundsAtStripe = async ({ paymentIntent }: PaidCheckout): Promise<number> => {
    const { stripeClients } = stack.ctx;
    const stripe = stripeClients({ secretKey: stack.stripeKey, connectedAccount: null });
    return (await stripe.refunds.list({ payment_intent: paymentIntent })).data.length;
  };
  /** As if a minute had passed: the refund is due, and so is the schedule. */
  const sweep = async (checkout: PaidCheckout) => {
    const { db } = stack.database;
    await rowsOf(checkout).update({ next_attempt_at: new Date(0) });
    await db("schedules")
      .where("name", "refunds.sweep")
      .update({ next_due_at: new Date(0) });
    const isFinished = async () =>
      (await rowsOf(checkout)).every((row: { finished_at: unknown }) => row.finished_at !== null);
    await until(isFinished, { because: "the sweep to finish the refund", timeoutMs: 40_000 });
  };

  const refuseOnce = () =>
    stack.simulator.control.failRequests({
      method: "POST",
      pathPrefix: "/v1/refunds",
      status: 400,
      count: 1,
    });
  /** The events of its warnings: they name the charge, not the payment's metadata. */
  const sendWarnings = async (checkout: PaidCheckout) => {
    const events = (await eventsOf(stack, checkout)).filter(({ type }) => type.startsWith("radar"));
    await sendInOrder(stack, events);
  };
  /** Told twice. */
  const warn = async (checkout: PaidCheckout) => {
    const { paymentIntent } = checkout;
    await stack.simulator.control.earlyFraudWarning({ paymentIntent });
    await sendWarnings(checkout);
    await sendWarnings(checkout);
  };

  it("show in a dry run what they would do, and do nothing", async () => {
    const checkout = await buyHundred();
    await spend(stack, checkout, 40);
    const { status, json } = await ask(checkout, { dryRun: true });
    expect([status, json]).toMatchObject([
      200,
      { id: null, status: "preview", amount: { amount: 60 }, credits: 60 },
    ]);
    expect(await walletOf(stack, checkout)).toEqual(walletIs(60));
    expect([await listed(checkout), await refundsAtStripe(checkout)]).toEqual([[], 0]);
  });

  it("send everything unspent back, and the wallet ends at exactly zero", async () => {
    const checkout = await buyHundred();
    await spend(stack, checkout, 40);
    const { status, json } = await ask(checkout);
    expect([status, json]).toMatchObject([
      201,
      { status: "accepted", amount: { amount: 60, currency: "usd" }, credits: 60 },
    ]);
    expect(await walletOf(stack, checkout)).toEqual(walletIs(0));
    expect(await statusOf(stack, checkout)).toBe("partially_refunded");
    expect((await linesOf(stack, checkout)).map(([kind]) => kind)).toEqual([
      "purchase",
      "spend",
      "hold",
      "release",
      "reversal",
    ]);
    expect(await listed(checkout)).toEqual([json]);
    const audited = await stack.database
      .db("audit_log")
      .where({ action: "purchase.refund", subject: checkout.id });
    expect(audited).toMatchObject([{ details: { refund: json["id"], credits: 60 } }]);
    expect((await ask(checkout)).json["code"]).toBe("nothing_to_refund");
  });

  it("of parts close exactly, by credits and by money", async () => {
    const checkout = await boughtCheckout(stack);
    expect((await ask(checkout, { credits: 166.5 })).json).toMatchObject({
      amount: { amount: 332 },
    });
    const amount = { amount: 333, currency: "usd" };
    expect((await ask(checkout, { amount })).status).toBe(201);
    expect((await ask(checkout)).json).toMatchObject({ amount: { amount: 334 } });
    expect(await walletOf(stack, checkout)).toEqual(walletIs(0));
    expect(await statusOf(stack, checkout)).toBe("refunded");
  });

  it("never refund what was spent", async () => {
    const checkout = await buyHundred();
    await spend(stack, checkout, 40);
    for (const body of [{ credits: 60.5 }, { amount: { amount: 61, currency: "usd" } }])
      expect(await ask(checkout, body)).toMatchObject({
        status: 409,
        json: { code: "refund_exceeds_unspent", unspent: 60 },
      });
    expect(await walletOf(stack, checkout)).toEqual(walletIs(60));
  });

  it("answer a repeated key once more, without a second refund", async () => {
    const checkout = await buyHundred();
    const headers = { "idempotency-key": `refund-${checkout.id}` };
    const first = await ask(checkout, { credits: 10 }, headers);
    const second = await ask(checkout, { credits: 10 }, headers);
    expect(second.json).toEqual(first.json);
    expect(second.headers.get("idempotent-replayed")).toBe("true");
    expect(await refundsAtStripe(checkout)).toBe(1);
    expect(await walletOf(stack, checkout)).toEqual(walletIs(90));
  });

  it("that Stripe refuses leave the credits free", async () => {
    const checkout = await buyHundred();
    await refuseOnce();
    expect(await ask(checkout)).toMatchObject({ status: 502, json: { code: "stripe_refused" } });
    expect(await walletOf(stack, checkout)).toEqual(walletIs(100));
    expect(await listed(checkout)).toMatchObject([{ status: "failed" }]);
    expect((await ask(checkout)).status).toBe(201);
    expect(await walletOf(stack, checkout)).toEqual(walletIs(0));
  });

  it.each([
    ["was not reached", false],
    ["did it and its answer was lost", true],
  ])(
    "keep the credits aside while it is not known whether Stripe %s; the sweep finishes them",
    async (_what, afterEffect) => {
      const checkout = await buyHundred();
      await stack.simulator.control.failRequests({
        method: "POST",
        pathPrefix: "/v1/refunds",
        status: "reset",
        count: 10,
        afterEffect,
      });
      expect(await ask(checkout, { credits: 70 })).toMatchObject({
        status: 201,
        json: { status: "requested" },
      });
      expect(await walletOf(stack, checkout)).toMatchObject({ available: 30, held: 70 });
      expect((await ask(checkout)).json["code"]).toBe("refund_in_progress");
      await stack.simulator.control.clearFaults();
      await sweep(checkout);
      expect(await refundsAtStripe(checkout)).toBe(1);
      expect(await walletOf(stack, checkout)).toEqual(walletIs(30));
    },
  );

  it("that fail at Stripe later give back exactly what was taken", async () => {
    const checkout = await buyHundred();
    const { json } = await ask(checkout, { credits: 70 });
    expect(await walletOf(stack, checkout)).toEqual(walletIs(30));
    const failed = { status: "failed" } as const;
    await happen(stack, checkout, () =>
      stack.simulator.control.setRefundStatus(String(json["stripeRefundId"]), failed.status),
    );
    expect(await walletOf(stack, checkout)).toEqual(walletIs(100));
  });

  it("after a warning of fraud find the unspent credits of that purchase set aside, and only those", async () => {
    const checkout = await buyHundred();
    await spend(stack, checkout, 25);
    const gift = { credits: 8, reason: "a gift" };
    await stack.call("POST", `/v1/wallets/${checkout.customerId}/grants`, gift);
    await warn(checkout);
    expect(await walletOf(stack, checkout)).toMatchObject({ available: 8, held: 75 });
    expect((await ask(checkout)).json).toMatchObject({ credits: 75, amount: { amount: 75 } });
    expect(await walletOf(stack, checkout)).toEqual(walletIs(8));
  });

  it("that fail after a warning of fraud leave the credits set aside, at once or later", async () => {
    const checkout = await buyHundred();
    await warn(checkout);
    await refuseOnce();
    expect((await ask(checkout, { credits: 60 })).status).toBe(502);
    expect(await walletOf(stack, checkout)).toMatchObject({ available: 0, held: 100 });
    const { json } = await ask(checkout, { credits: 70 });
    expect(await walletOf(stack, checkout)).toMatchObject({ available: 0, held: 30 });
    await happen(stack, checkout, () =>
      stack.simulator.control.setRefundStatus(String(json["stripeRefundId"]), "failed"),
    );
    expect(await walletOf(stack, checkout)).toMatchObject({ available: 0, held: 100 });
    expect((await ask(checkout)).json).toMatchObject({ credits: 100 });
    expect(await walletOf(stack, checkout)).toEqual(walletIs(0));
  });

  it("find a warning still in force when it is no longer actionable, and lifted once its dispute is won", async () => {
    const checkout = await buyHundred();
    const warnings = () =>
      stack.database.db("fraud_warnings").where({ purchase_id: checkout.purchaseId });
    await warn(checkout);
    expect(await warnings()).toMatchObject([{ actionable: true, lifted_at: null }]);
    const { control } = stack.simulator;
    const { paymentIntent } = checkout;
    await happen(stack, checkout, () => control.dispute({ paymentIntent, amount: 40 }));
    expect(await warnings()).toMatchObject([{ actionable: false, lifted_at: null }]);
    expect(await walletOf(stack, checkout)).toMatchObject({ available: 0, held: 60 });
    const dispute = await stack.database
      .db("stripe_disputes")
      .where({ purchase_id: checkout.purchaseId })
      .first();
    await happen(stack, checkout, () => control.closeDispute(dispute.dispute_id, "won"));
    expect(await warnings()).toMatchObject([{ lifted_because: expect.stringContaining("won") }]);
    expect(await walletOf(stack, checkout)).toEqual(walletIs(100));
  });
});
