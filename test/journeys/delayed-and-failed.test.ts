import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { queueBackends } from "../support/queue-backends.js";
import { type TestStack } from "../support/stack.js";
import {
  deliver,
  eventOf,
  eventsOf,
  expectCleanBooks,
  expectNoGrant,
  expectOneGrant,
  inboxDone,
  openCheckout,
  purchaseRow,
  sendInOrder,
  startHeldStack,
  statusOf,
} from "./payment-scene.js";

const completed = "checkout.session.completed";
const succeeded = "checkout.session.async_payment_succeeded";
const failed = "checkout.session.async_payment_failed";

describe.each(queueBackends)("payments that take time or fail, queue on %s", (queue) => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await startHeldStack(queue);
  });
  afterAll(() => stack.stop());
  afterEach(() => expectCleanBooks(stack));

  const control = () => stack.simulator.control;
  const delayedCheckout = async () => {
    const checkout = await openCheckout(stack);
    await control().pay(checkout.sessionId, { card: "delayed" });
    return checkout;
  };

  it("shows a completed but unpaid checkout as processing, and credits it when the money came", async () => {
    const checkout = await delayedCheckout();
    await sendInOrder(stack, [await eventOf(stack, checkout, completed)]);
    expect(await statusOf(stack, checkout)).toBe("processing");
    await expectNoGrant(stack, checkout);
    await control().completeDelayed(checkout.sessionId, { outcome: "succeeded" });
    await sendInOrder(stack, [await eventOf(stack, checkout, succeeded)]);
    await expectOneGrant(stack, checkout);
  });

  it("credits once when `completed` comes after `async_payment_succeeded`", async () => {
    const checkout = await delayedCheckout();
    await control().completeDelayed(checkout.sessionId, { outcome: "succeeded" });
    await sendInOrder(stack, [await eventOf(stack, checkout, succeeded)]);
    await expectOneGrant(stack, checkout);
    await sendInOrder(stack, [await eventOf(stack, checkout, completed)]);
    await expectOneGrant(stack, checkout);
  });

  it("does not let 20 events of an unpaid checkout keep each other from ending", async () => {
    const checkout = await delayedCheckout();
    const { id, body } = await eventOf(stack, checkout, completed);
    const events = Array.from({ length: 20 }, (_, n) => ({ ...body, id: `${id}_${n}` }));
    await Promise.all(events.map((event) => deliver(stack, event)));
    await inboxDone(stack);
    expect(await statusOf(stack, checkout)).toBe("processing");
    // Kept the session, found the payment under way: looks that find nothing new send nobody round again.
    expect((await purchaseRow(stack, checkout)).revision).toBe(2n);
  });

  it("says that a delayed payment failed, gives nothing, and sells the pack again", async () => {
    const checkout = await delayedCheckout();
    await sendInOrder(stack, [await eventOf(stack, checkout, completed)]);
    await control().completeDelayed(checkout.sessionId, { outcome: "failed" });
    await sendInOrder(stack, [await eventOf(stack, checkout, failed)]);
    const read = await stack.chargly.checkouts.get(checkout.id);
    expect(read).toMatchObject({ status: "failed", paidAt: null });
    expect(read.problem).toMatch(/\w/);
    await expectNoGrant(stack, checkout);
    const next = await openCheckout(stack, { customerId: checkout.customerId });
    expect(next.id).not.toBe(checkout.id);
    await control().pay(next.sessionId);
    await sendInOrder(stack, await eventsOf(stack, next));
    await expectOneGrant(stack, next);
  });

  it("keeps a failed payment failed when its earlier events come late", async () => {
    const checkout = await delayedCheckout();
    await control().completeDelayed(checkout.sessionId, { outcome: "failed" });
    await sendInOrder(stack, [await eventOf(stack, checkout, failed)]);
    await sendInOrder(stack, [await eventOf(stack, checkout, completed)]);
    expect(await statusOf(stack, checkout)).toBe("failed");
    await expectNoGrant(stack, checkout);
  });

  it("credits a failed payment once when Stripe says after all that it was paid", async () => {
    const checkout = await delayedCheckout();
    await control().completeDelayed(checkout.sessionId, { outcome: "failed" });
    const events = await eventsOf(stack, checkout);
    await sendInOrder(stack, events);
    expect(await statusOf(stack, checkout)).toBe("failed");
    const { payment_intent_id: intentId } = await purchaseRow(stack, checkout);
    await control().patchObject(String(intentId), { status: "succeeded", amount_received: 999 });
    await control().patchObject(checkout.sessionId, { payment_status: "paid" });
    const { id, body } = await eventOf(stack, checkout, completed);
    await sendInOrder(stack, [{ id, type: completed, body }]);
    expect(await statusOf(stack, checkout)).toBe("failed"); // the inbox knows that event
    expect(await deliver(stack, { ...body, id: `${id}_late` })).toBe(200);
    await inboxDone(stack);
    await expectOneGrant(stack, checkout);
  });

  it("shows why a card was declined while it waits for another one, and credits that", async () => {
    const checkout = await openCheckout(stack);
    await control().pay(checkout.sessionId, { card: "declined" });
    await sendInOrder(stack, [await eventOf(stack, checkout, "payment_intent.payment_failed")]);
    expect(await stack.chargly.checkouts.get(checkout.id)).toMatchObject({
      status: "pending",
      problem: expect.stringMatching(/declined/),
    });
    await control().pay(checkout.sessionId, { card: "paid" });
    const paid = ["payment_intent.succeeded", completed];
    const events = await eventsOf(stack, checkout);
    await sendInOrder(
      stack,
      events.filter(({ type }) => paid.includes(type)),
    );
    await expectOneGrant(stack, checkout);
    expect((await purchaseRow(stack, checkout)).problem).toBeNull();
  });

  it("credits once when the declined attempt is heard of after the payment", async () => {
    const checkout = await openCheckout(stack);
    await control().pay(checkout.sessionId, { card: "declined" });
    await control().pay(checkout.sessionId, { card: "paid" });
    const events = await eventsOf(stack, checkout);
    await sendInOrder(stack, events.toReversed());
    await expectOneGrant(stack, checkout);
    expect((await purchaseRow(stack, checkout)).problem).toBeNull();
  });
});
