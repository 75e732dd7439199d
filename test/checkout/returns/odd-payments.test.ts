import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  deliver,
  eventsOf,
  expectCleanBooks,
  inboxRow,
  purchaseRow,
  sendInOrder,
  statusOf,
} from "../../journeys/payment-scene.js";
import { releasePurchase } from "../../../src/checkout/release-purchase.js";
import { queueBackends } from "../../support/queue-backends.js";
import type { TestStack } from "../../support/stack.js";
import {
  boughtCheckout,
  chargeOf,
  eventsSince,
  happen,
  inboxDone,
  linesOf,
  type PaidCheckout,
  paidCheckout,
  refund,
  returnedRow,
  settle,
  startReturnsStack,
  walletIs,
  walletOf,
} from "./returns-scene.js";

describe.each(queueBackends)("money that goes back in odd ways, queue on %s", (queue) => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await startReturnsStack(queue);
  });
  afterAll(() => stack.stop());
  afterEach(() => expectCleanBooks(stack));

  const control = () => stack.simulator.control;
  const paidHundred = () => boughtCheckout(stack, { creditPackCode: "hundred" });

  it("records the refund of a purchase in quarantine, which gave nothing, and takes it back with the release", async () => {
    const checkout = await paidCheckout(stack);
    await control().patchObject(checkout.sessionId, { amount_subtotal: 99 });
    await sendInOrder(stack, await eventsOf(stack, checkout));
    expect(await statusOf(stack, checkout)).toBe("quarantined");
    await happen(stack, checkout, () => refund(stack, checkout, 333));
    expect(await linesOf(stack, checkout)).toEqual([]);
    expect(
      await stack.database.db("stripe_refunds").where("purchase_id", checkout.purchaseId),
    ).toMatchObject([{ status: "succeeded", amount_minor: 333n }]);
    await control().patchObject(checkout.sessionId, { amount_subtotal: 999 });
    await releasePurchase(stack.ctx, stack.projectId, checkout.purchaseId, "test");
    expect(await linesOf(stack, checkout)).toEqual([
      ["purchase", 500],
      ["reversal", -166.666666],
    ]);
  });

  it("moves nothing by a refund of a kind that nobody knows, says so, and goes on once it is clear", async () => {
    const checkout = await paidHundred();
    const events = await eventsSince(stack, checkout, () => refund(stack, checkout, 50));
    const [refunded] = await stripeRefunds(checkout);
    await control().patchObject(String(refunded?.["id"]), { status: "reversed" });
    await sendInOrder(stack, events);
    expect(await walletOf(stack, checkout)).toEqual(walletIs(100));
    const { json } = await stack.call("GET", `/v1/checkouts/${checkout.id}`);
    expect(json).toMatchObject({
      status: "paid",
      problem: expect.stringContaining('"reversed", which is not known'),
    });
    await control().patchObject(String(refunded?.["id"]), { status: "succeeded" });
    await settle(stack, checkout);
    expect(await walletOf(stack, checkout)).toEqual(walletIs(50));
    expect(await returnedRow(stack, checkout)).toMatchObject({ problem: null });
  });

  it("finds the charge that was paid when another attempt is named as the latest", async () => {
    const checkout = await boughtCheckout(stack);
    const paid = await chargeOf(stack, checkout);
    await control().patchObject(checkout.paymentIntent, { latest_charge: null });
    expect(await purchaseRow(stack, checkout)).toMatchObject({ charge_id: paid });
    await control().patchObject(checkout.paymentIntent, {
      latest_charge: await declinedCharge(checkout),
    });
    await control().refund({ charge: paid, amount: 999 });
    await settle(stack, checkout);
    expect(await statusOf(stack, checkout)).toBe("refunded");
  });

  it("ignores refunds and disputes of payments that no checkout led to", async () => {
    const { stripeKey: key } = stack;
    const payment = await control().createForeignPayment({ key, amount: 500, currency: "usd" });
    const before = (await control().events()).length;
    await control().refund({ paymentIntent: String(payment["id"]), amount: 100 });
    await control().dispute({ paymentIntent: String(payment["id"]) });
    const events = (await control().events()).slice(before);
    expect(events.length).toBeGreaterThan(3);
    for (const event of events) expect(await deliver(stack, event)).toBe(200);
    await inboxDone(stack);
    for (const event of events)
      expect(await inboxRow(stack, String(event["id"]))).toMatchObject({
        status: "ignored",
        reason: "The payment is no purchase of this project.",
      });
  });

  const stripeRefunds = async ({ paymentIntent }: PaidCheckout) =>
    (await control().events({ type: "refund.created" }))
      .map((event) => JSON.parse(JSON.stringify(event))["data"]["object"])
      .filter((object) => object["payment_intent"] === paymentIntent);

  /** The charge of an attempt that failed, of another payment; it stands for an earlier attempt of this one. */
  const declinedCharge = async (checkout: PaidCheckout) => {
    const { json } = await stack.call("POST", "/v1/checkouts", {
      customerId: checkout.customerId,
      creditPackCode: "hundred",
    });
    const session = String(json["checkoutUrl"]).split("/").at(-1) ?? "";
    const { payment_intent: intent } = await control().pay(session, { card: "declined" });
    return (await control().patchObject(String(intent), {}))["latest_charge"] ?? null;
  };
});
