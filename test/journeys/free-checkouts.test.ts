import Stripe from "stripe";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { queueBackends } from "../support/queue-backends.js";
import { type TestStack } from "../support/stack.js";
import {
  eventOf,
  eventsOf,
  expectCleanBooks,
  expectNoGrant,
  expectOneGrant,
  type OpenCheckout,
  openCheckout,
  purchaseRow,
  sendInOrder,
  startHeldStack,
  statusOf,
} from "./payment-scene.js";

const completed = "checkout.session.completed";

describe.each(queueBackends)("promotion codes, queue on %s", (queue) => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await startHeldStack(queue);
  });
  afterAll(() => stack.stop());
  afterEach(() => expectCleanBooks(stack));

  /** Pays on the session's page after typing a code for that many percent off, as its customer would. */
  const payWithCode = async ({ sessionId }: OpenCheckout, percentOff: number) => {
    const { host, port } = stack.simulator;
    const stripe = new Stripe(stack.stripeKey, { host, port, protocol: "http" });
    const coupon = await stripe.coupons.create({ percent_off: percentOff, duration: "once" });
    const code = `CODE${percentOff}${sessionId.slice(-6).toUpperCase()}`;
    await stripe.promotionCodes.create({ code, promotion: { type: "coupon", coupon: coupon.id } });
    const page = await fetch(`${stack.simulator.url}/c/pay/${sessionId}`, {
      method: "POST",
      body: new URLSearchParams({ promotion_code: code, card: "paid" }),
      redirect: "manual",
    });
    expect(page.status).toBe(303);
    await page.arrayBuffer();
  };

  it("credits a checkout that a code made free, once, without a payment", async () => {
    const checkout = await openCheckout(stack, { allowPromotionCodes: true });
    await payWithCode(checkout, 100);
    const events = await eventsOf(stack, checkout);
    expect(events.map(({ type }) => type)).toEqual([completed]);
    await sendInOrder(stack, [...events, ...events]);
    await expectOneGrant(stack, checkout);
    expect(await purchaseRow(stack, checkout)).toMatchObject({ payment_intent_id: null });
  });

  it("gives nothing for a free checkout that nobody completed yet", async () => {
    const checkout = await openCheckout(stack, { allowPromotionCodes: true });
    await stack.simulator.control.patchObject(checkout.sessionId, {
      payment_status: "no_payment_required",
      amount_total: 0,
      total_details: { amount_discount: 999 },
    });
    const waited = await stack.chargly.checkouts.get(checkout.id, { waitSeconds: 1 });
    expect(waited.status).toBe("pending");
    await expectNoGrant(stack, checkout);
  });

  it("credits all the pack's credits for what is left of its price", async () => {
    const checkout = await openCheckout(stack, { allowPromotionCodes: true });
    await payWithCode(checkout, 50);
    await sendInOrder(stack, await eventsOf(stack, checkout));
    await expectOneGrant(stack, checkout);
  });

  it("quarantines a free checkout that allowed no codes", async () => {
    const checkout = await openCheckout(stack);
    await stack.simulator.control.patchObject(checkout.sessionId, {
      amount_total: 0,
      total_details: { amount_discount: 999 },
    });
    await stack.simulator.control.pay(checkout.sessionId);
    await sendInOrder(stack, [await eventOf(stack, checkout, completed)]);
    expect(await statusOf(stack, checkout)).toBe("quarantined");
    await expectNoGrant(stack, checkout);
  });
});
