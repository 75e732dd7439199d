import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  deliver,
  eventOf,
  expectCleanBooks,
  eventsOf,
  inboxRow,
  purchaseRow,
  sendInOrder,
  startHeldStack,
  statusOf,
} from "../../journeys/payment-scene.js";
import { queueBackends } from "../../support/queue-backends.js";
import type { TestStack } from "../../support/stack.js";
import {
  boughtCheckout,
  eventsSince,
  happen,
  inboxDone,
  linesOf,
  type PaidCheckout,
  paidCheckout,
  refund,
  returnedRow,
  settle,
  spend,
  walletOf,
} from "./returns-scene.js";

const completed = "checkout.session.completed";
const full = (available: number, debt = 0) => ({
  available,
  held: 0,
  debt,
  total: available - debt,
});

describe.each(queueBackends)("money that goes back, queue on %s", (queue) => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await startHeldStack(queue);
    const pack = { name: "100 credits", credits: 100, price: { amount: 100, currency: "usd" } };
    const { status, json } = await stack.call("PUT", "/v1/credit-packs/hundred", pack);
    expect([status, json["code"]]).toEqual([201, "hundred"]);
  });
  afterAll(() => stack.stop());
  afterEach(() => expectCleanBooks(stack));

  const control = () => stack.simulator.control;
  const paidHundred = () => boughtCheckout(stack, { creditPackCode: "hundred" });

  describe("by refunds", () => {
    it("ends at exactly zero after three partial refunds of 33, 33 and 34", async () => {
      const checkout = await paidHundred();
      for (const [amount, left] of [
        [33, 67],
        [33, 34],
        [34, 0],
      ] as const) {
        await happen(stack, checkout, () => refund(stack, checkout, amount));
        expect(await walletOf(stack, checkout)).toEqual(full(left));
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
      expect(await walletOf(stack, checkout)).toEqual(full(0));
      expect(await statusOf(stack, checkout)).toBe("refunded");
    });

    it("gives back exactly what a refund took that fails, also what was owed, and takes it again when it is repeated", async () => {
      const checkout = await paidHundred();
      expect(await spend(stack, checkout, 40)).toBe(200);
      let pending: unknown;
      await happen(stack, checkout, async () => {
        pending = (await refund(stack, checkout, 100, "pending"))["id"];
      });
      expect(await walletOf(stack, checkout)).toEqual(full(0, 40));
      await happen(stack, checkout, () => control().setRefundStatus(String(pending), "failed"));
      expect(await walletOf(stack, checkout)).toEqual(full(60));
      expect(await returnedRow(stack, checkout)).toMatchObject({ state: "paid", reversed: 0n });
      await happen(stack, checkout, () => refund(stack, checkout, 100));
      expect(await walletOf(stack, checkout)).toEqual(full(0, 40));
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
      expect(await walletOf(stack, checkout)).toEqual(full(0, spent));
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

  describe("by disputes", () => {
    const dispute = async (checkout: PaidCheckout, amount?: number, inquiry = false) => {
      const { paymentIntent } = checkout;
      const request = { paymentIntent, inquiry, ...(amount === undefined ? {} : { amount }) };
      return String((await control().dispute(request))["id"]);
    };
    /** A dispute whose events were sent. */
    const disputed = async (checkout: PaidCheckout, amount?: number, inquiry = false) => {
      let id = "";
      await happen(stack, checkout, async () => {
        id = await dispute(checkout, amount, inquiry);
      });
      return id;
    };

    it("takes the credits when the money is withdrawn, and gives them back when it is reinstated, won or appealed", async () => {
      const checkout = await paidHundred();
      const id = await disputed(checkout);
      expect(await returnedRow(stack, checkout)).toMatchObject({ state: "paid", disputed: true });
      expect(await walletOf(stack, checkout)).toEqual(full(0));
      await happen(stack, checkout, () => control().closeDispute(id, "lost"));
      expect(await walletOf(stack, checkout)).toEqual(full(0));
      await happen(stack, checkout, () => control().disputeFundsReinstated(id));
      await happen(stack, checkout, () => control().closeDispute(id, "won"));
      expect(await walletOf(stack, checkout)).toEqual(full(100));
      expect(await returnedRow(stack, checkout)).toMatchObject({ disputed: false, reversals: 2 });
      await happen(stack, checkout, () => control().disputeFundsWithdrawn(id));
      expect(await walletOf(stack, checkout)).toEqual(full(0));
    });

    it("ends right when `reinstated` is heard of before `withdrawn`", async () => {
      const checkout = await paidHundred();
      const events = await eventsSince(stack, checkout, async () => {
        await control().closeDispute(await dispute(checkout), "won");
      });
      const [withdrawn, reinstated] = ["funds_withdrawn", "funds_reinstated"].map((name) =>
        events.filter(({ type }) => type === `charge.dispute.${name}`),
      );
      expect([withdrawn?.length, reinstated?.length]).toEqual([1, 1]);
      await sendInOrder(stack, [...(reinstated ?? []), ...(withdrawn ?? [])]);
      await sendInOrder(stack, events.toReversed());
      expect(await walletOf(stack, checkout)).toEqual(full(100));
      expect(await returnedRow(stack, checkout)).toMatchObject({ reversed: 0n, disputed: false });
    });

    it("takes nothing for an inquiry until it becomes a dispute", async () => {
      const checkout = await paidHundred();
      const id = await disputed(checkout, 100, true);
      expect(await walletOf(stack, checkout)).toEqual(full(100));
      expect(await returnedRow(stack, checkout)).toMatchObject({ disputed: false, reversals: 0 });
      await happen(stack, checkout, () => control().disputeFundsWithdrawn(id));
      expect(await walletOf(stack, checkout)).toEqual(full(0));
    });

    it("never takes more than was granted for several disputes and refunds of one payment", async () => {
      const checkout = await paidHundred();
      await happen(stack, checkout, () => refund(stack, checkout, 40));
      const first = await disputed(checkout, 30);
      expect(await walletOf(stack, checkout)).toEqual(full(30));
      const second = await disputed(checkout);
      expect(await walletOf(stack, checkout)).toEqual(full(0));
      await happen(stack, checkout, () => control().closeDispute(second, "won"));
      expect(await walletOf(stack, checkout)).toEqual(full(30));
      await happen(stack, checkout, () => control().closeDispute(first, "won"));
      expect(await walletOf(stack, checkout)).toEqual(full(60));
      await happen(stack, checkout, () => refund(stack, checkout));
      expect(await walletOf(stack, checkout)).toEqual(full(0));
      expect(await statusOf(stack, checkout)).toBe("refunded");
    });

    it("reads disputes of a payment that had one, even when its charge does not say so any more", async () => {
      const checkout = await paidHundred();
      await disputed(checkout);
      const { latest_charge: charge } = await stripeIntent(checkout);
      await control().patchObject(String(charge), { disputed: false });
      await settle(stack, checkout);
      expect(await walletOf(stack, checkout)).toEqual(full(0));
    });
  });

  const stripeIntent = async ({ paymentIntent }: PaidCheckout) =>
    control().patchObject(paymentIntent, {});

  describe("of payments that are not as they should be", () => {
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
      const { releasePurchase } = await import("../../../src/checkout/release-purchase.js");
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
      expect(await walletOf(stack, checkout)).toEqual(full(100));
      const { json } = await stack.call("GET", `/v1/checkouts/${checkout.id}`);
      expect(json).toMatchObject({
        status: "paid",
        problem: expect.stringContaining('"reversed", which is not known'),
      });
      await control().patchObject(String(refunded?.["id"]), { status: "succeeded" });
      await settle(stack, checkout);
      expect(await walletOf(stack, checkout)).toEqual(full(50));
      expect(await returnedRow(stack, checkout)).toMatchObject({ problem: null });
    });

    it("finds the charge that was paid when another attempt is named as the latest", async () => {
      const checkout = await boughtCheckout(stack);
      const { latest_charge: paid } = await stripeIntent(checkout);
      await control().patchObject(checkout.paymentIntent, { latest_charge: null });
      expect(await purchaseRow(stack, checkout)).toMatchObject({ charge_id: paid });
      await control().patchObject(checkout.paymentIntent, {
        latest_charge: await declinedCharge(checkout),
      });
      await control().refund({ charge: String(paid), amount: 999 });
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

  it("asks Stripe once to settle a payment of which nothing went back, and twice when it is disputed", async () => {
    const checkout = await boughtCheckout(stack);
    const asked = async () => {
      await control().resetLog();
      await settle(stack, checkout);
      return (await control().requests({ pathPrefix: "/v1/" })).requests.length;
    };
    expect(await asked()).toBe(1);
    await refund(stack, checkout, 100);
    expect(await asked()).toBe(1);
    await control().dispute({ paymentIntent: checkout.paymentIntent });
    expect(await asked()).toBe(2);
  });
});
