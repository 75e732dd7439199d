import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { queueBackends } from "../support/queue-backends.js";
import { type TestStack } from "../support/stack.js";
import { until } from "../support/until.js";
import {
  deliver,
  eventOf,
  eventsOf,
  expectCleanBooks,
  expectNoGrant,
  expectOneGrant,
  inboxDone,
  type OpenCheckout,
  openCheckout,
  purchaseRow,
  sendInOrder,
  startHeldStack,
  statusOf,
} from "./payment-scene.js";

const completed = "checkout.session.completed";
const expired = "checkout.session.expired";

describe.each(queueBackends)("facts that come early or late, queue on %s", (queue) => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await startHeldStack(queue);
  });
  afterAll(() => stack.stop());
  afterEach(() => expectCleanBooks(stack));

  const control = () => stack.simulator.control;

  /** What the row looks like between its commit and the one that keeps its session. */
  const forgetSession = async ({ id, sessionId }: OpenCheckout) => {
    const { checkout_session_id: known } = await purchaseRow(stack, { id });
    expect(known).toBe(sessionId);
    await stack.database.db("purchases").where("checkout_session_id", sessionId).update({
      checkout_session_id: null,
      checkout_url: null,
      state: "created",
    });
  };

  it("leaves a paid purchase paid when `expired` is heard of afterwards", async () => {
    const checkout = await openCheckout(stack);
    await control().pay(checkout.sessionId);
    const paid = await eventOf(stack, checkout, completed);
    await sendInOrder(stack, [paid]);
    await expectOneGrant(stack, checkout);
    expect(await deliver(stack, { ...paid.body, id: `${paid.id}_x`, type: expired })).toBe(200);
    await inboxDone(stack);
    await expectOneGrant(stack, checkout);
  });

  it("leaves a paid purchase paid even when Stripe shows its session as expired and unpaid later", async () => {
    const checkout = await openCheckout(stack);
    await control().pay(checkout.sessionId);
    const paid = await eventOf(stack, checkout, completed);
    await sendInOrder(stack, [paid]);
    await control().patchObject(checkout.sessionId, {
      status: "expired",
      payment_status: "unpaid",
    });
    expect(await deliver(stack, { ...paid.body, id: `${paid.id}_x`, type: expired })).toBe(200);
    await inboxDone(stack);
    await expectOneGrant(stack, checkout);
  });

  it("ends an expired checkout without credits and says so", async () => {
    const checkout = await openCheckout(stack);
    await control().expire(checkout.sessionId);
    await sendInOrder(stack, await eventsOf(stack, checkout));
    expect(await stack.chargly.checkouts.get(checkout.id)).toMatchObject({
      status: "expired",
      problem: "The checkout expired before it was paid.",
    });
    await expectNoGrant(stack, checkout);
  });

  it("credits a purchase that our row calls expired when it was paid all the same", async () => {
    const checkout = await openCheckout(stack);
    await control().patchObject(checkout.sessionId, { status: "expired" });
    const waited = await stack.chargly.checkouts.get(checkout.id, { waitSeconds: 1 });
    expect(waited.status).toBe("expired");
    await control().pay(checkout.sessionId);
    await control().patchObject(checkout.sessionId, { status: "complete" });
    await sendInOrder(stack, [await eventOf(stack, checkout, completed)]);
    await expectOneGrant(stack, checkout);
  });

  it("credits both of a customer's payments when one expired for us while the other was open", async () => {
    const first = await openCheckout(stack);
    await control().patchObject(first.sessionId, { status: "expired" });
    const second = await openCheckout(stack, { customerId: first.customerId });
    expect(second.id).not.toBe(first.id);
    await control().pay(first.sessionId);
    await control().patchObject(first.sessionId, { status: "complete" });
    await control().pay(second.sessionId);
    await sendInOrder(stack, [
      await eventOf(stack, first, completed),
      await eventOf(stack, second, completed),
    ]);
    const lines = await stack.chargly.transactions.list(first.customerId).toArray();
    expect(lines).toMatchObject([{ credits: 500 }, { credits: 500 }]);
  });

  it.each([completed, "payment_intent.succeeded", "charge.succeeded"])(
    "credits once when %s comes before our row knows its session",
    async (type) => {
      const checkout = await openCheckout(stack);
      await control().pay(checkout.sessionId);
      await forgetSession(checkout);
      await sendInOrder(stack, [await eventOf(stack, checkout, type)]);
      await expectOneGrant(stack, checkout);
      expect(await purchaseRow(stack, checkout)).toMatchObject({
        state: "paid",
        checkout_session_id: checkout.sessionId,
      });
      await sendInOrder(stack, await eventsOf(stack, checkout));
      await expectOneGrant(stack, checkout);
    },
  );

  it("credits once when the events come while the session is being kept", async () => {
    const checkout = await openCheckout(stack);
    await control().pay(checkout.sessionId);
    await forgetSession(checkout);
    const again = { customerId: checkout.customerId, creditPackCode: "starter-500" };
    const events = await eventsOf(stack, checkout);
    const [answer] = await Promise.all([
      stack.call("POST", "/v1/checkouts", again),
      ...events.map(({ id }) => deliver(stack, id)),
    ]);
    expect(answer.status).toBe(201);
    await inboxDone(stack);
    await expectOneGrant(stack, checkout);
  });

  it("answers a waiting caller within a moment after the webhook settled it", async () => {
    const checkout = await openCheckout(stack);
    const settles = () =>
      control().requests({ pathPrefix: `/v1/checkout/sessions/${checkout.sessionId}` });
    await control().resetLog();
    const waiting = stack
      .call("GET", `/v1/checkouts/${checkout.id}?wait=20`)
      .then((answer) => ({ answer, atMs: performance.now() }));
    await until(async () => (await settles()).count > 0, {
      because: "the caller's own first look",
    });
    await control().pay(checkout.sessionId);
    await deliver(stack, (await eventOf(stack, checkout, completed)).id);
    await until(async () => (await statusOf(stack, checkout)) === "paid", {
      because: "the webhook to settle it",
      everyMs: 5,
    });
    const settledMs = performance.now();
    const { answer, atMs } = await waiting;
    expect(answer.json["status"]).toBe("paid");
    expect(atMs - settledMs).toBeLessThan(1_000); // 150 ms between looks; the rest is for a busy machine
  });

  it("answers a waiting caller by itself when no webhook comes", async () => {
    const checkout = await openCheckout(stack);
    const waiting = stack.chargly.checkouts.wait(checkout.id, { forSeconds: 20 });
    await control().pay(checkout.sessionId);
    expect(await waiting).toMatchObject({ status: "paid", problem: null });
    await expectOneGrant(stack, checkout);
  });
});
