import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { queueBackends } from "../support/queue-backends.js";
import { type TestStack } from "../support/stack.js";
import {
  deliver,
  eventOf,
  eventsOf,
  expectCleanBooks,
  expectOneGrant,
  inboxDone,
  openCheckout,
  sendInOrder,
  startHeldStack,
} from "./payment-scene.js";

const completed = "checkout.session.completed";
const families = [completed, "payment_intent.succeeded", "charge.succeeded"] as const;
const [a, b, c] = families;
const orders = [
  [a, b, c],
  [a, c, b],
  [b, a, c],
  [b, c, a],
  [c, a, b],
  [c, b, a],
] as const;

describe.each(queueBackends)("one payment gives its credits once, queue on %s", (queue) => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await startHeldStack(queue);
  });
  afterAll(() => stack.stop());
  afterEach(() => expectCleanBooks(stack));

  const paidCheckout = async () => {
    const checkout = await openCheckout(stack);
    await stack.simulator.control.pay(checkout.sessionId);
    return checkout;
  };

  it("when one event is delivered 50 times at once", async () => {
    const checkout = await paidCheckout();
    const { id } = await eventOf(stack, checkout, completed);
    const copies = await Promise.all(Array.from({ length: 50 }, () => deliver(stack, id)));
    expect(copies).toEqual(copies.map(() => 200));
    await inboxDone(stack);
    await expectOneGrant(stack, checkout);
    const rows = await stack.database.db("stripe_events").where("event_id", id);
    expect(rows).toHaveLength(1);
  });

  it("when 50 events with ids of their own tell of it at once", async () => {
    const checkout = await paidCheckout();
    const { id, body } = await eventOf(stack, checkout, completed);
    const events = Array.from({ length: 50 }, (_, n) => ({ ...body, id: `${id}_${n}` }));
    const answers = await Promise.all(events.map((event) => deliver(stack, event)));
    expect(answers).toEqual(answers.map(() => 200));
    await inboxDone(stack);
    await expectOneGrant(stack, checkout);
  });

  it("when two event ids, one after the other, tell of one session", async () => {
    const checkout = await paidCheckout();
    const { id, body } = await eventOf(stack, checkout, completed);
    expect(await deliver(stack, id)).toBe(200);
    await inboxDone(stack);
    await expectOneGrant(stack, checkout);
    expect(await deliver(stack, { ...body, id: `${id}_again` })).toBe(200);
    await inboxDone(stack);
    await expectOneGrant(stack, checkout);
  });

  it.each(orders)("when its events arrive as %s, %s, %s", async (...order) => {
    const checkout = await paidCheckout();
    const events = await eventsOf(stack, checkout);
    const inOrder = order.flatMap((type) => events.filter((event) => event.type === type));
    expect(inOrder.map(({ type }) => type)).toEqual(order);
    const [first, ...later] = inOrder;
    await sendInOrder(stack, first === undefined ? [] : [first]);
    await expectOneGrant(stack, checkout);
    await sendInOrder(stack, later);
    await expectOneGrant(stack, checkout);
  });

  it("when all its events arrive in the same moment, three times each", async () => {
    const checkout = await paidCheckout();
    const events = await eventsOf(stack, checkout);
    const all = [...events, ...events, ...events];
    await Promise.all(all.map(({ id }) => deliver(stack, id)));
    await inboxDone(stack);
    await expectOneGrant(stack, checkout);
  });

  it("when the success page, a waiting caller and the webhook settle it in the same moment", async () => {
    const checkout = await paidCheckout();
    const { id } = await eventOf(stack, checkout, completed);
    const page = `${stack.url}/checkout/${checkout.id}?session_id=${checkout.sessionId}`;
    const [taken, waited, shown] = await Promise.all([
      deliver(stack, id),
      stack.chargly.checkouts.get(checkout.id, { waitSeconds: 20 }),
      fetch(page, { headers: { accept: "text/html" }, redirect: "manual" }),
    ]);
    expect(taken).toBe(200);
    expect(waited).toMatchObject({ id: checkout.id, status: "paid", problem: null });
    expect(shown.status).toBeLessThan(400);
    await shown.arrayBuffer();
    await inboxDone(stack);
    await expectOneGrant(stack, checkout);
  });

  it("when 20 callers wait for it and no webhook comes at all", async () => {
    const checkout = await paidCheckout();
    const path = `/v1/checkouts/${checkout.id}?wait=20`;
    const answers = await Promise.all(Array.from({ length: 20 }, () => stack.call("GET", path)));
    for (const { status, json } of answers)
      expect({ status, json }).toMatchObject({ status: 200, json: { status: "paid" } });
    await expectOneGrant(stack, checkout);
  });
});
