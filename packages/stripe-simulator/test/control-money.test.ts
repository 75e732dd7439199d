import { describe, expect, it } from "vitest";
import { eventTypes, openSimulator, packParams, paidSession, sdk } from "./open-simulator.js";

const world = openSimulator();

describe("money", () => {
  it("a refund in two parts, then its failure, moves the charge's total and the balance", async () => {
    const stripe = sdk(world.simulator, "sk_test_refunds");
    const { charge } = await paidSession(world.simulator, stripe);
    const first = await stripe.refunds.create({ charge, amount: 400 });
    await world.simulator.control.refund({ charge });
    const full = await stripe.charges.retrieve(charge, { expand: ["refunds"] });
    expect(full).toMatchObject({ amount_refunded: 999, refunded: true });
    expect(full.refunds?.data.map(({ amount }) => amount)).toEqual([599, 400]);
    await expect(stripe.refunds.create({ charge, amount: 1 })).rejects.toMatchObject({
      code: "charge_already_refunded",
    });
    await world.simulator.control.setRefundStatus(first.id, "failed");
    const after = await stripe.charges.retrieve(charge);
    expect(after).toMatchObject({ amount_refunded: 599, refunded: false });
    const entries = await stripe.balanceTransactions.list({ limit: 100 });
    expect(entries.data.reduce((sum, entry) => sum + entry.amount, 0)).toBe(400);
    expect(await eventTypes(stripe, 4)).toEqual([
      "refund.created",
      "charge.refunded",
      "refund.created",
      "charge.refunded",
      "refund.updated",
      "charge.refund.updated",
      "refund.failed",
    ]);
  });

  it("a pending refund moves no balance until it succeeds, and one that needs action can be canceled", async () => {
    const stripe = sdk(world.simulator, "sk_test_pending");
    const { charge, intent } = await paidSession(world.simulator, stripe);
    const pending = await world.simulator.control.refund({
      charge,
      amount: 100,
      status: "pending",
    });
    expect(pending).toMatchObject({ status: "pending", balance_transaction: null });
    const done = await world.simulator.control.setRefundStatus(String(pending["id"]), "succeeded");
    expect(done["balance_transaction"]).toMatch(/^txn_/);
    const waiting = await world.simulator.control.refund({
      paymentIntent: intent,
      amount: 100,
      status: "requires_action",
    });
    expect((await stripe.refunds.cancel(String(waiting["id"]))).status).toBe("canceled");
    expect((await stripe.charges.retrieve(charge)).amount_refunded).toBe(100);
    expect((await stripe.refunds.list({ payment_intent: intent })).data).toHaveLength(2);
  });

  it("a dispute takes its money when it opens and gives it back when it is won", async () => {
    const stripe = sdk(world.simulator, "sk_test_disputes");
    const { charge, intent } = await paidSession(world.simulator, stripe);
    const { control } = world.simulator;
    await control.earlyFraudWarning({ charge });
    const opened = await control.dispute({ charge, amount: 500 });
    const id = String(opened["id"]);
    const dispute = await stripe.disputes.retrieve(id);
    expect(dispute).toMatchObject({
      status: "needs_response",
      payment_intent: intent,
      metadata: {},
    });
    expect(dispute.balance_transactions.map(({ amount, fee }) => [amount, fee])).toEqual([
      [-500, 1_500],
    ]);
    await control.closeDispute(id, "won");
    const won = await stripe.disputes.retrieve(id);
    expect(won.balance_transactions.map(({ amount }) => amount)).toEqual([-500, 500]);
    expect((await stripe.charges.retrieve(charge)).disputed).toBe(true);
    expect(await eventTypes(stripe, 4)).toEqual([
      "radar.early_fraud_warning.created",
      "radar.early_fraud_warning.updated",
      "charge.dispute.created",
      "charge.dispute.funds_withdrawn",
      "charge.dispute.funds_reinstated",
      "charge.dispute.closed",
    ]);
  });

  it("an inquiry moves no money until it becomes a chargeback", async () => {
    const stripe = sdk(world.simulator, "sk_test_inquiry");
    const { charge } = await paidSession(world.simulator, stripe);
    const { control } = world.simulator;
    const id = String((await control.dispute({ charge, inquiry: true }))["id"]);
    expect((await stripe.disputes.retrieve(id)).balance_transactions).toEqual([]);
    await control.disputeFundsWithdrawn(id);
    expect(await stripe.disputes.retrieve(id)).toMatchObject({ status: "needs_response" });
    await expect(control.disputeFundsWithdrawn(id)).rejects.toThrow("withdrawn already");
    await control.disputeFundsReinstated(id);
    expect((await stripe.disputes.close(id)).status).toBe("lost");
  });

  it("an off-session payment succeeds, is declined, or asks for the customer", async () => {
    const { stripe } = world;
    const params = { amount: 500, currency: "usd", confirm: true, off_session: true };
    const { control } = world.simulator;
    const customer = await stripe.customers.create();
    const saved = await stripe.paymentMethods.attach("pm_card_visa", { customer: customer.id });
    const mine = { ...params, customer: customer.id, payment_method: saved.id };
    expect(await stripe.paymentIntents.create(mine)).toMatchObject({ status: "succeeded" });
    await control.setPaymentMethod(saved.id, "declines");
    await expect(stripe.paymentIntents.create(mine)).rejects.toMatchObject({
      statusCode: 402,
      code: "card_declined",
      payment_intent: { status: "requires_payment_method" },
    });
    await expect(
      stripe.paymentIntents.create({ ...params, payment_method: "pm_card_authenticationRequired" }),
    ).rejects.toMatchObject({ statusCode: 402, code: "authentication_required" });
    await expect(
      stripe.paymentIntents.create({ ...params, payment_method: saved.id }),
    ).rejects.toMatchObject({ statusCode: 400, param: "payment_method" });
  });

  it("a coupon of 100 % completes a checkout without any payment", async () => {
    const stripe = sdk(world.simulator, "sk_test_free");
    const coupon = await stripe.coupons.create({ percent_off: 100 });
    const { id } = await stripe.checkout.sessions.create(
      packParams({ discounts: [{ coupon: coupon.id }] }),
    );
    await world.simulator.control.pay(id);
    const session = await stripe.checkout.sessions.retrieve(id);
    expect(session).toMatchObject({
      payment_status: "no_payment_required",
      payment_intent: null,
      amount_subtotal: 999,
      amount_total: 0,
    });
    expect(await eventTypes(stripe, 0)).toEqual(["checkout.session.completed"]);
  });

  it("patches what the API shows, of objects and of line items", async () => {
    const { simulator, stripe } = world;
    const { session, intent } = await paidSession(simulator, stripe);
    await simulator.control.patchObject(session.id, { amount_total: 1, metadata: { x: "y" } });
    await simulator.control.patchObject(intent, { currency: "eur" });
    expect(await stripe.checkout.sessions.retrieve(session.id)).toMatchObject({
      amount_total: 1,
      amount_subtotal: 999,
      metadata: { x: "y" },
    });
    expect((await stripe.paymentIntents.retrieve(intent)).currency).toBe("eur");
    const lines = await stripe.checkout.sessions.listLineItems(session.id);
    await simulator.control.patchObject(lines.data[0]?.id ?? "", { quantity: 7 });
    const patched = await stripe.checkout.sessions.listLineItems(session.id);
    expect(patched.data[0]).toMatchObject({ quantity: 7, amount_total: 999 });
  });

  it("makes payments that no checkout led to, and expires sessions when their time comes", async () => {
    const { simulator } = world;
    const stripe = sdk(simulator, "sk_test_foreign");
    const intent = await simulator.control.createForeignPayment({
      key: "sk_test_foreign",
      amount: 700,
      currency: "jpy",
    });
    const sessions = await stripe.checkout.sessions.list({ payment_intent: String(intent["id"]) });
    expect(sessions.data).toEqual([]);
    const { id } = await stripe.checkout.sessions.create(packParams());
    await simulator.control.advance({ seconds: 86_401 });
    expect((await stripe.checkout.sessions.list({ status: "expired" })).data[0]?.id).toBe(id);
    await expect(simulator.control.pay(id)).rejects.toThrow("expired");
    expect(await eventTypes(stripe, 3)).toEqual(["checkout.session.expired"]);
  });
});
