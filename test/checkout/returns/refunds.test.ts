import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  deliver,
  eventOf,
  expectCleanBooks,
  sendInOrder,
  statusOf,
} from "../../journeys/payment-scene.js";
import { queueBackends } from "../../support/queue-backends.js";
import type { TestStack } from "../../support/stack.js";
import { until } from "../../support/until.js";
import {
  boughtCheckout,
  eventsSince,
  happen,
  inboxDone,
  linesOf,
  paidCheckout,
  refund,
  returnedRow,
  settle,
  spend,
  startReturnsStack,
  walletIs,
  walletOf,
} from "./returns-scene.js";

const completed = "checkout.session.completed";

describe.each(queueBackends)("refunds, queue on %s", (queue) => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await startReturnsStack(queue);
  });
  afterAll(() => stack.stop());
  afterEach(() => expectCleanBooks(stack));

  const control = () => stack.simulator.control;
  const paidHundred = () => boughtCheckout(stack, { creditPackCode: "hundred" });

  it("ends at exactly zero after three partial refunds of 33, 33 and 34", async () => {
    const checkout = await paidHundred();
    for (const [amount, left] of [
      [33, 67],
      [33, 34],
      [34, 0],
    ] as const) {
      await happen(stack, checkout, () => refund(stack, checkout, amount));
      expect(await walletOf(stack, checkout)).toEqual(walletIs(left));
    }
    expect(await linesOf(stack, checkout)).toEqual([
      ["purchase", 100],
      ["reversal", -33],
      ["reversal", -33],
      ["reversal", -34],
    ]);
    expect(await statusOf(stack, checkout)).toBe("refunded");
  });

  it("takes a refund once when `refund.created` comes twice and `charge.refunded` beside it", async () => {
    const checkout = await boughtCheckout(stack);
    const events = await eventsSince(stack, checkout, () => refund(stack, checkout, 333));
    expect(events.map(({ type }) => type)).toEqual(["refund.created", "charge.refunded"]);
    const again = events.flatMap(({ body, id }) => [body, { ...body, id: `${id}_again` }]);
    const taken = await Promise.all([...again, ...again].map((event) => deliver(stack, event)));
    expect(taken).toEqual(taken.map(() => 200));
    await inboxDone(stack);
    const credits = 166.666666;
    expect(await linesOf(stack, checkout)).toEqual([
      ["purchase", 500],
      ["reversal", -credits],
    ]);
    expect(await returnedRow(stack, checkout)).toMatchObject({
      state: "partially_refunded",
      reversed: 166_666_666n,
      reversals: 1,
    });
  });

  it("grants and takes back in one go when the refund is heard of before the checkout", async () => {
    const checkout = await paidCheckout(stack);
    const paid = await eventOf(stack, checkout, completed);
    await happen(stack, checkout, () => refund(stack, checkout, 999));
    expect(await linesOf(stack, checkout)).toEqual([
      ["purchase", 500],
      ["reversal", -500],
    ]);
    await sendInOrder(stack, [paid]);
    expect(await walletOf(stack, checkout)).toEqual(walletIs(0));
    expect(await statusOf(stack, checkout)).toBe("refunded");
  });

  it("gives back exactly what a refund took that fails, also what was owed, and takes it again when it is repeated", async () => {
    const checkout = await paidHundred();
    expect(await spend(stack, checkout, 40)).toBe(200);
    let pending: unknown;
    await happen(stack, checkout, async () => {
      pending = (await refund(stack, checkout, 100, "pending"))["id"];
    });
    expect(await walletOf(stack, checkout)).toEqual(walletIs(0, 40));
    await happen(stack, checkout, () => control().setRefundStatus(String(pending), "failed"));
    expect(await walletOf(stack, checkout)).toEqual(walletIs(60));
    expect(await returnedRow(stack, checkout)).toMatchObject({ state: "paid", reversed: 0n });
    await happen(stack, checkout, () => refund(stack, checkout, 100));
    expect(await walletOf(stack, checkout)).toEqual(walletIs(0, 40));
    expect(await returnedRow(stack, checkout)).toMatchObject({ state: "refunded", reversals: 3 });
  });

  it("owes what is refunded and spent at the same moment, and never spends what is not there", async () => {
    const checkout = await paidHundred();
    const events = await eventsSince(stack, checkout, () => refund(stack, checkout, 100));
    const spends = Array.from({ length: 40 }, () => spend(stack, checkout, 7));
    const sent = [...events, ...events].map(({ id }) => deliver(stack, id));
    const statuses = await Promise.all(spends);
    await Promise.all(sent);
    await inboxDone(stack);
    const spent = 7 * statuses.filter((status) => status === 200).length;
    expect(statuses.filter((status) => status !== 200 && status !== 402)).toEqual([]);
    expect(spent).toBeLessThanOrEqual(100);
    expect(await walletOf(stack, checkout)).toEqual(walletIs(0, spent));
  });

  it("reverses once however many settle it at the same moment", async () => {
    const checkout = await boughtCheckout(stack);
    await refund(stack, checkout, 500);
    const settled = await Promise.allSettled(
      Array.from({ length: 30 }, () => settle(stack, checkout)),
    );
    expect(settled.some(({ status }) => status === "fulfilled")).toBe(true);
    await settle(stack, checkout);
    expect(await returnedRow(stack, checkout)).toMatchObject({
      reversed: (500_000_000n * 500n) / 999n,
      reversals: 1,
    });
  });

  it("throws away what it read of a refund that failed before it wrote, also when nobody had to move credits for that", async () => {
    const checkout = await paidHundred();
    const { paymentIntent } = checkout;
    await happen(stack, checkout, () => control().dispute({ paymentIntent, inquiry: true }));
    const { id } = await refund(stack, checkout, 100, "pending");
    // The first settle has read the refund, and asks for disputes again after a pause.
    await control().resetLog();
    await control().failRequests({ status: 500, count: 1, pathPrefix: "/v1/disputes" });
    const slow = settle(stack, checkout);
    const asked = async () => (await control().requests({ pathPrefix: "/v1/disputes" })).count > 0;
    await until(asked, { because: "the first settle to have read the refund", timeoutMs: 5_000 });
    await control().setRefundStatus(String(id), "failed");
    await settle(stack, checkout);
    await slow;
    expect(await linesOf(stack, checkout)).toEqual([["purchase", 100]]);
    const kept = stack.database.db("stripe_refunds").where("refund_id", String(id)).first("status");
    expect(await kept).toEqual({ status: "failed" });
  });

  it.each([12, 105])("counts all of %i refunds, however Stripe pages them", async (count) => {
    const checkout = await boughtCheckout(stack);
    for (let n = 0; n < count; n++) await refund(stack, checkout, 3);
    await settle(stack, checkout);
    const rows = await stack.database
      .db("stripe_refunds")
      .where("purchase_id", checkout.purchaseId);
    expect(rows).toHaveLength(count);
    expect(await returnedRow(stack, checkout)).toMatchObject({
      reversed: (500_000_000n * 3n * BigInt(count)) / 999n,
      reversals: 1,
    });
  });
});
