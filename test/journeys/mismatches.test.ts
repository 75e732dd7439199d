import type { JsonObject } from "@chargly/stripe-simulator";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { publicId } from "../../src/kernel/ids.js";
import { configureProject } from "../../src/tenancy/configure-project.js";
import { queueBackends } from "../support/queue-backends.js";
import { openTestProject, type TestStack } from "../support/stack.js";
import {
  deliver,
  eventOf,
  eventsOf,
  expectCleanBooks,
  expectNoGrant,
  expectOneGrant,
  inboxDone,
  inboxRow,
  type OpenCheckout,
  openCheckout,
  purchaseRow,
  sendInOrder,
  startHeldStack,
  statusOf,
} from "./payment-scene.js";

const completed = "checkout.session.completed";

describe.each(queueBackends)("payments that are not what was agreed, queue on %s", (queue) => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await startHeldStack(queue);
  });
  afterAll(() => stack.stop());
  afterEach(() => expectCleanBooks(stack));

  const control = () => stack.simulator.control;

  const paidCheckout = async () => {
    const checkout = await openCheckout(stack);
    await control().pay(checkout.sessionId);
    return checkout;
  };

  const expectQuarantined = async (checkout: OpenCheckout, reason: string) => {
    const read = await stack.chargly.checkouts.get(checkout.id);
    expect(read).toMatchObject({ status: "quarantined", problem: reason, paidAt: null });
    await expectNoGrant(stack, checkout);
  };

  const sessionChanges: readonly (readonly [string, JsonObject, string])[] = [
    ["amount", { amount_subtotal: 99 }, "The amount at Stripe is $0.99, but $9.99 was agreed."],
    ["total", { amount_total: 99 }, "The total at Stripe is not the price less the discount."],
    ["currency", { currency: "eur" }, "It was paid in eur, but its price is in usd."],
    ["mode", { livemode: true }, "It was paid in live mode, but agreed in test mode."],
    [
      "reference",
      { client_reference_id: "pur_of_somebody_else" },
      "Its Stripe session names pur_of_somebody_else, not this one.",
    ],
    [
      "reference, taken away",
      { client_reference_id: null, metadata: { chargly_purchase: null } },
      "Its Stripe session names no purchase, not this one.",
    ],
    [
      "discount",
      { amount_total: 899, total_details: { amount_discount: 100 } },
      "A discount was applied, but this checkout allowed none.",
    ],
    [
      "being due",
      { payment_status: "no_payment_required" },
      "Stripe says nothing was due, but the total is not zero.",
    ],
    ["payment", { payment_intent: null }, "Stripe says it is paid, but names no payment."],
  ];

  it.each(sessionChanges)(
    "quarantines a session whose %s was changed",
    async (_, patch, reason) => {
      const checkout = await paidCheckout();
      const event = await eventOf(stack, checkout, completed);
      await control().patchObject(checkout.sessionId, patch);
      await sendInOrder(stack, [event]);
      expect(await inboxRow(stack, event.id)).toMatchObject({ status: "processed" });
      await expectQuarantined(checkout, reason);
    },
  );

  it.each([
    ["amount", { amount_received: 1 }, "Stripe received $0.01, but the total was $9.99."],
    ["currency", { currency: "eur" }, "The payment was made in eur, but the checkout was in usd."],
  ] as const)("quarantines a payment whose %s was changed", async (_, patch, reason) => {
    const checkout = await paidCheckout();
    const { body } = await eventOf(stack, checkout, "payment_intent.succeeded");
    const intentId = JSON.stringify(body).match(/"(pi_[A-Za-z0-9]+)"/)?.[1];
    await control().patchObject(String(intentId), patch);
    await sendInOrder(stack, [await eventOf(stack, checkout, completed)]);
    await expectQuarantined(checkout, reason);
  });

  it("quarantines a payment for two packs", async () => {
    const checkout = await paidCheckout();
    const lines = await fetch(
      `${stack.simulator.url}/v1/checkout/sessions/${checkout.sessionId}/line_items`,
      { headers: { authorization: `Bearer ${stack.stripeKey}` } },
    );
    const line = /"(li_[A-Za-z0-9]+)"/.exec(await lines.text())?.[1];
    await control().patchObject(String(line), { quantity: 2 });
    await sendInOrder(stack, [await eventOf(stack, checkout, completed)]);
    await expectQuarantined(checkout, "2 packs were paid for, but one was agreed.");
  });

  it("leaves what is quarantined there, even when Stripe says the right thing later", async () => {
    const checkout = await paidCheckout();
    const event = await eventOf(stack, checkout, completed);
    await control().patchObject(checkout.sessionId, { amount_subtotal: 99 });
    await sendInOrder(stack, [event]);
    await control().patchObject(checkout.sessionId, { amount_subtotal: 999 });
    await sendInOrder(stack, await eventsOf(stack, checkout));
    await stack.chargly.checkouts.get(checkout.id, { waitSeconds: 20 });
    const page = `${stack.url}/checkout/${checkout.id}?session_id=${checkout.sessionId}`;
    expect((await fetch(page)).status).toBe(200);
    await expectQuarantined(checkout, "The amount at Stripe is $0.99, but $9.99 was agreed.");
    expect((await purchaseRow(stack, checkout)).quarantined_at).not.toBeNull();
  });

  it("credits a payment once when its session was changed only after it was credited", async () => {
    const checkout = await paidCheckout();
    await sendInOrder(stack, [await eventOf(stack, checkout, completed)]);
    await control().patchObject(checkout.sessionId, { amount_subtotal: 1, currency: "eur" });
    await sendInOrder(stack, await eventsOf(stack, checkout));
    await expectOneGrant(stack, checkout);
  });

  it("quarantines what was paid in another account than the one it was agreed in", async () => {
    const other = await startHeldStack(queue);
    try {
      const checkout = await openCheckout(other);
      const simulated = other.simulator.control;
      await simulated.pay(checkout.sessionId);
      const { id: agreedIn } = await simulated.account(other.stripeKey);
      const secretKey = `${other.stripeKey}0new`;
      await simulated.linkKey({ key: secretKey, accountOf: other.stripeKey });
      await simulated.patchObject(String(agreedIn), { id: "acct_other" });
      await configureProject(other.ctx, {
        name: "test",
        mode: "test",
        allowedOrigins: [],
        apiKey: undefined,
        stripe: { secretKey, connectedAccount: null, webhookSecrets: [other.webhookSecret] },
      });
      await sendInOrder(other, [await eventOf(other, checkout, completed)]);
      expect(await other.chargly.checkouts.get(checkout.id)).toMatchObject({
        status: "quarantined",
        problem: `It was paid in the Stripe account acct_other, but agreed in ${String(agreedIn)}.`,
      });
      await expectNoGrant(other, checkout);
      await expectCleanBooks(other);
    } finally {
      await other.stop();
    }
  });

  it("does not credit a purchase through another project's session in the same account", async () => {
    const stripeKey = `${stack.stripeKey}b`;
    await control().linkKey({ key: stripeKey, accountOf: stack.stripeKey });
    const apiKey = `chg_test_${"b".repeat(40)}`;
    const neighbour = await openTestProject(stack.ctx, {
      stripeKey,
      apiKey,
      webhookSecret: stack.webhookSecret,
      name: "neighbour",
    });
    const theirs: TestStack = {
      ...stack,
      projectId: neighbour,
      apiKey,
      webhookUrl: `${stack.url}/stripe/webhooks/${publicId("project", neighbour)}`,
    };
    const mine = await openCheckout(stack);
    const payment = await paidCheckout();
    // The neighbour is told of my payment, and of a session that claims to be for my open purchase.
    const told = await eventOf(stack, payment, completed);
    expect(await deliver(theirs, told.id)).toBe(200);
    await control().patchObject(payment.sessionId, {
      client_reference_id: mine.id,
      metadata: { chargly_purchase: mine.id },
    });
    expect(await deliver(theirs, { ...told.body, id: `${told.id}_2` })).toBe(200);
    await inboxDone(stack);
    const rows = await stack.database.db("stripe_events").where("project_id", neighbour);
    expect(rows).toMatchObject([{ status: "ignored" }, { status: "ignored" }]);
    await expectNoGrant(stack, mine);
    await expectNoGrant(stack, payment);
    // And my own project is not fooled either: that session belongs to the other purchase.
    await sendInOrder(stack, [told]);
    expect(await statusOf(stack, mine)).toBe("pending");
    await expectNoGrant(stack, mine);
    await expectQuarantined(payment, `Its Stripe session names ${mine.id}, not this one.`);
  });
});
