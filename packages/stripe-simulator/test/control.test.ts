import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type Stripe from "stripe";
import { describe, expect, it } from "vitest";
import { createControl, startSimulator } from "../src/index.js";
import { openReceiver, openSimulator, packParams, paidSession, sdk } from "./open-simulator.js";

const world = openSimulator();

/** The types of an account's events, oldest first, from a payment on. */
async function typesSince(stripe: Stripe, count: number): Promise<string[]> {
  const { data } = await stripe.events.list({ limit: 100 });
  return data
    .map((event) => event.type)
    .reverse()
    .slice(count);
}

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
    expect(await typesSince(stripe, 4)).toEqual([
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
    expect(await typesSince(stripe, 4)).toEqual([
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
    expect(await typesSince(stripe, 0)).toEqual(["checkout.session.completed"]);
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
    expect(await typesSince(stripe, 3)).toEqual(["checkout.session.expired"]);
  });
});

describe("webhooks", () => {
  it("are held, and flushed in the order asked for", async () => {
    const { simulator } = world;
    const { control } = simulator;
    const receiver = await openReceiver();
    const { id } = await control.addEndpoint({ url: receiver.url, enabledEvents: ["charge.*"] });
    await control.setDelivery({ mode: "hold" });
    const stripe = sdk(simulator, "sk_test_held");
    for (let round = 0; round < 3; round += 1) await paidSession(simulator, stripe);
    const held = await control.heldEvents();
    expect(held).toHaveLength(3);
    expect(receiver.received).toHaveLength(0);
    const order = [held[2] ?? "", held[0] ?? "", held[0] ?? ""];
    expect(await control.flushHeld({ order })).toEqual({ sent: 3 });
    expect(receiver.received.map(({ body }) => JSON.parse(body).id)).toEqual(order);
    expect(await control.heldEvents()).toEqual([held[1]]);
    await control.setDelivery({ mode: "deliver" });
    await control.flushHeld();
    await control.removeEndpoint(id);
    await receiver.close();
  });

  it("are retried until they are answered with 2xx, and copied when told", async () => {
    const { simulator } = world;
    const { control } = simulator;
    const receiver = await openReceiver((count) => (count < 3 ? 500 : 204));
    const { id } = await control.addEndpoint({
      url: receiver.url,
      enabledEvents: ["checkout.session.completed"],
    });
    await control.setDelivery({ retryBaseMs: 5 });
    const { session } = await paidSession(simulator, sdk(simulator, "sk_test_retries"));
    expect(await control.waitForIdle({ timeoutMs: 5_000 })).toEqual({ idle: true });
    const mine = (await control.deliveries()).filter((delivery) => delivery.endpointId === id);
    expect(mine).toMatchObject([{ attempts: 3, status: "delivered", lastStatus: 204 }]);
    const eventId = mine[0]?.eventId ?? "";
    await control.redeliver(eventId, { times: 20, parallel: true });
    expect(receiver.received).toHaveLength(23);
    expect(new Set(receiver.received.map(({ body }) => JSON.parse(body).id))).toEqual(
      new Set([eventId]),
    );
    await control.setDelivery({ duplicate: 2 });
    await paidSession(simulator, sdk(simulator, "sk_test_retries"));
    await control.waitForIdle();
    expect(receiver.received).toHaveLength(26);
    await control.setDelivery({ duplicate: 0, retryBaseMs: 200 });
    expect(session.id).toMatch(/^cs_test_/);
    await control.removeEndpoint(id);
    await receiver.close();
  });

  it("are dropped by type, and events can fail to be generated at all", async () => {
    const { simulator } = world;
    const { control } = simulator;
    const stripe = sdk(simulator, "sk_test_dropped");
    const receiver = await openReceiver();
    await stripe.webhookEndpoints.create({ url: receiver.url, enabled_events: ["*"] });
    await control.setDelivery({ dropTypes: ["charge.*"] });
    await control.suppressEvents({ types: ["checkout.session.completed"], count: 1 });
    await paidSession(simulator, stripe);
    await control.waitForIdle();
    expect(receiver.types().sort()).toEqual(["payment_intent.created", "payment_intent.succeeded"]);
    expect(await typesSince(stripe, 0)).not.toContain("checkout.session.completed");
    expect(await typesSince(stripe, 0)).toContain("charge.succeeded");
    await control.setDelivery({ dropTypes: [] });
    await receiver.close();
  });

  it("of connected accounts reach the platform's Connect endpoint, and name the account", async () => {
    const { simulator } = world;
    const stripe = sdk(simulator, "sk_test_platform");
    const receiver = await openReceiver();
    await stripe.webhookEndpoints.create({
      url: receiver.url,
      enabled_events: ["*"],
      connect: true,
    });
    await stripe.customers.create({}, { stripeAccount: "acct_merchant1" });
    await stripe.customers.create();
    await simulator.control.waitForIdle();
    expect(receiver.received.map(({ body }) => JSON.parse(body).account)).toEqual([
      "acct_merchant1",
    ]);
    await receiver.close();
  });

  it("can be signed for a test that posts them by hand", async () => {
    const { simulator, stripe } = world;
    await paidSession(simulator, stripe);
    const [event] = await simulator.control.events({ type: "charge.succeeded" });
    const id = String(event?.["id"]);
    const signed = await simulator.control.signedPayload(id, { secret: "whsec_x" });
    expect(stripe.webhooks.constructEvent(signed.body, signed.header, "whsec_x").id).toBe(id);
    const timestamp = Math.floor(Date.now() / 1_000) - 301;
    const old = await simulator.control.signedPayload(
      { id: "evt_own" },
      { secret: "whsec_x", timestamp },
    );
    expect(() => stripe.webhooks.constructEvent(old.body, old.header, "whsec_x")).toThrow(
      "tolerance",
    );
  });

  it("show the object as it was when the event happened", async () => {
    const { simulator } = world;
    const stripe = sdk(simulator, "sk_test_snapshot");
    const { charge } = await paidSession(simulator, stripe);
    await stripe.refunds.create({ charge });
    const succeeded = await stripe.events.list({ type: "charge.succeeded" });
    expect(succeeded.data[0]?.data.object).toMatchObject({ id: charge, amount_refunded: 0 });
    const refunded = await stripe.events.list({ type: "charge.refunded" });
    expect(refunded.data[0]?.data).toMatchObject({
      object: { amount_refunded: 999 },
      previous_attributes: { amount_refunded: 0, refunded: false },
    });
  });
});

describe("the world", () => {
  it("keeps its objects over a restart when it has a state file", async () => {
    const folder = await mkdtemp(join(tmpdir(), "simulator-"));
    const stateFile = join(folder, "state.json");
    const first = await startSimulator({ stateFile });
    const { session, charge } = await paidSession(first, sdk(first));
    await first.stop();
    expect(JSON.parse(await readFile(stateFile, "utf8"))).toMatchObject({ version: 1 });
    const second = await startSimulator({ stateFile });
    const stripe = sdk(second);
    expect((await stripe.checkout.sessions.retrieve(session.id)).payment_status).toBe("paid");
    expect((await stripe.refunds.create({ charge })).status).toBe("succeeded");
    expect(await typesSince(stripe, 4)).toEqual(["refund.created", "charge.refunded"]);
    await second.stop();
    await rm(folder, { recursive: true });
  });

  it("is driven from another process by its address alone, and forgets everything on reset", async () => {
    const simulator = await startSimulator();
    const control = createControl(simulator.url);
    const stripe = sdk(simulator);
    const account = await control.account("sk_test_simulator");
    expect((await stripe.accounts.retrieveCurrent()).id).toBe(account["id"]);
    const customer = await stripe.customers.create();
    await control.reset();
    await expect(stripe.customers.retrieve(customer.id)).rejects.toMatchObject({ statusCode: 404 });
    await simulator.stop();
    await simulator.stop();
  });

  it("listens on loopback only", async () => {
    const host = JSON.parse('"0.0.0.0"');
    await expect(startSimulator({ host })).rejects.toThrow("loopback");
  });

  it("does not let a web page of another origin drive it", async () => {
    const response = await fetch(`${world.simulator.url}/_control/reset`, {
      method: "POST",
      headers: { "Content-Type": "text/plain" },
      body: "[]",
    });
    expect(response.status).toBe(415);
  });
});
