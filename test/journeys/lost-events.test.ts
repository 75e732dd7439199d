import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parsePublicId } from "../../src/kernel/ids.js";
import { queueBackends } from "../support/queue-backends.js";
import { buy, type TestStack } from "../support/stack.js";
import { until } from "../support/until.js";
import {
  deliver,
  eventOf,
  expectCleanBooks,
  expectOneGrant,
  inboxRow,
  type OpenCheckout,
  openCheckout,
  purchaseRow,
  startHeldStack,
  statusOf,
} from "./payment-scene.js";

const completed = "checkout.session.completed";

describe.each(queueBackends)("what nobody told us, queue on %s", (queue) => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await startHeldStack(queue);
  });
  afterAll(async () => {
    await expectCleanBooks(stack);
    await stack.stop();
  });

  const control = () => stack.simulator.control;
  const paidCheckout = async () => {
    const checkout = await openCheckout(stack);
    await control().pay(checkout.sessionId);
    return checkout;
  };
  /** Time passes: the purchase is due to be looked at, and the sweep runs. */
  const letSweepLook = async ({ id }: OpenCheckout) => {
    const { db } = stack.database;
    await db("purchases")
      .where("id", String(parsePublicId("purchase", id)))
      .whereNotNull("next_check_at")
      .update({ next_check_at: db.fn.now() });
    await db("schedules").where("name", "purchases.check").update({ next_due_at: db.fn.now() });
  };
  const becomes = (checkout: OpenCheckout, status: string) =>
    until(async () => (await statusOf(stack, checkout)) === status, {
      because: `the checkout to become ${status}`,
      timeoutMs: 20_000,
    });

  it("a paid checkout whose events were all lost is credited by itself", async () => {
    const checkout = await paidCheckout();
    await letSweepLook(checkout);
    await becomes(checkout, "paid");
    await expectOneGrant(stack, checkout);
  });

  it("an expired checkout whose events were all lost ends by itself", async () => {
    const checkout = await openCheckout(stack);
    await control().expire(checkout.sessionId);
    await letSweepLook(checkout);
    await becomes(checkout, "expired");
  });

  it("a delayed payment is followed to its end without any event", async () => {
    const checkout = await openCheckout(stack);
    await control().pay(checkout.sessionId, { card: "delayed" });
    await letSweepLook(checkout);
    await becomes(checkout, "processing");
    await control().completeDelayed(checkout.sessionId, { outcome: "succeeded" });
    await letSweepLook(checkout);
    await becomes(checkout, "paid");
    await expectOneGrant(stack, checkout);
  });

  it("an event whose ring was lost is processed by the sweep", async () => {
    const checkout = await paidCheckout();
    const { id } = await eventOf(stack, checkout, completed);
    // As if committed by a receiver that died before it could ring.
    const { body } = await control().signedPayload(id);
    await stack.database.db.raw(
      `insert into stripe_events (id, project_id, account_id, livemode, event_id, type, payload, next_attempt_at)
       select gen_random_uuid(), project_id, account_id, livemode, ?, ?, ?::json, clock_timestamp()
       from stripe_connections where project_id = ?`,
      [id, completed, body, stack.projectId],
    );
    await becomes(checkout, "paid");
    expect(await inboxRow(stack, id)).toMatchObject({ status: "processed" });
    await expectOneGrant(stack, checkout);
  });

  it("people who look often do not put off the sweep's next look", async () => {
    const checkout = await openCheckout(stack);
    for (let look = 0; look < 6; look++) await buy(stack, checkout.customerId);
    expect(await purchaseRow(stack, checkout)).toMatchObject({ checks: 0 });
    const { rows } = await stack.database.db.raw<{ rows: { soon: boolean }[] }>(
      `select next_check_at < clock_timestamp() + interval '121 seconds' as soon from purchases
       where checkout_session_id = ?`,
      [checkout.sessionId],
    );
    expect(rows).toEqual([{ soon: true }]);
  });

  it("an open checkout is looked at in growing pauses", async () => {
    const checkout = await openCheckout(stack);
    for (const checks of [1, 2]) {
      await letSweepLook(checkout);
      await until(async () => (await purchaseRow(stack, checkout)).checks === checks, {
        because: `look number ${checks}`,
        timeoutMs: 20_000,
      });
    }
    const { rows } = await stack.database.db.raw<{ rows: { minutes: number }[] }>(
      `select extract(epoch from next_check_at - clock_timestamp())::float8 / 60 as minutes from purchases
       where checkout_session_id = ?`,
      [checkout.sessionId],
    );
    expect(rows[0]?.minutes).toBeGreaterThan(30);
  });

  it("a look that Stripe refuses is made again later, and not all the time", async () => {
    const checkout = await paidCheckout();
    await control().failRequests({
      status: 404,
      count: 1,
      method: "GET",
      pathPrefix: `/v1/checkout/sessions/${checkout.sessionId}`,
    });
    await letSweepLook(checkout);
    await until(async () => (await purchaseRow(stack, checkout)).checks === 1, {
      because: "the refused look",
      timeoutMs: 20_000,
    });
    await control().clearFaults();
    await letSweepLook(checkout);
    await becomes(checkout, "paid");
    await expectOneGrant(stack, checkout);
  });

  it("events that arrive after the sweep credited it change nothing", async () => {
    const checkout = await paidCheckout();
    await letSweepLook(checkout);
    await becomes(checkout, "paid");
    const { id } = await eventOf(stack, checkout, completed);
    expect(await deliver(stack, id)).toBe(200);
    await until(async () => (await inboxRow(stack, id))?.status === "processed", {
      because: "the late event",
    });
    await expectOneGrant(stack, checkout);
  });
});
