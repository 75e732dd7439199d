import Stripe from "stripe";
import { expect, it } from "vitest";
import { openReceiver, openSimulator, packParams, paidSession, sdk } from "./open-simulator.js";

const world = openSimulator();

it("takes a checkout from creation to paid, with what belongs to it", async () => {
  const { simulator, stripe } = world;
  const customer = await stripe.customers.create({
    email: "ada@example.com",
    metadata: { wallet: "w1" },
  });
  const created = await stripe.checkout.sessions.create(
    packParams({
      customer: customer.id,
      client_reference_id: "pur_1",
      metadata: { purchase: "pur_1" },
      payment_intent_data: { metadata: { purchase: "pur_1" }, setup_future_usage: "off_session" },
    }),
  );
  expect(created).toMatchObject({
    status: "open",
    payment_status: "unpaid",
    amount_total: 999,
    payment_intent: null,
  });
  expect(created.url).toBe(`${simulator.url}/c/pay/${created.id}`);
  await simulator.control.pay(created.id);
  const paid = await stripe.checkout.sessions.retrieve(created.id, {
    expand: ["payment_intent.latest_charge.balance_transaction", "line_items", "customer"],
  });
  expect(paid).toMatchObject({
    status: "complete",
    payment_status: "paid",
    url: null,
    customer: { id: customer.id, email: "ada@example.com" },
    line_items: { data: [{ description: "500 credits", quantity: 1, amount_total: 999 }] },
    payment_intent: {
      status: "succeeded",
      amount_received: 999,
      metadata: { purchase: "pur_1" },
      latest_charge: { paid: true, balance_transaction: { type: "charge", amount: 999, fee: 59 } },
    },
  });
  const saved = await stripe.customers.listPaymentMethods(customer.id);
  expect(saved.data).toHaveLength(1);
});

it("sends each event of a payment, signed so that the SDK accepts it", async () => {
  const { simulator } = world;
  const stripe = sdk(simulator, "sk_test_signed");
  const receiver = await openReceiver();
  const endpoint = await stripe.webhookEndpoints.create({
    url: receiver.url,
    enabled_events: ["*"],
  });
  const { session } = await paidSession(simulator, stripe);
  expect(await simulator.control.waitForIdle({ timeoutMs: 5_000 })).toEqual({ idle: true });
  expect(receiver.types().sort()).toEqual([
    "charge.succeeded",
    "checkout.session.completed",
    "payment_intent.created",
    "payment_intent.succeeded",
  ]);
  for (const { body, signature } of receiver.received) {
    const event = stripe.webhooks.constructEvent(body, signature, endpoint.secret ?? "");
    expect(event.livemode).toBe(false);
    if (event.type === "checkout.session.completed") expect(event.data.object.id).toBe(session.id);
    expect(() =>
      stripe.webhooks.constructEvent(`${body} `, signature, endpoint.secret ?? ""),
    ).toThrow(Stripe.errors.StripeSignatureVerificationError);
  }
  await receiver.close();
});

it("completes a delayed payment unpaid, and tells how it ended", async () => {
  const { simulator, stripe } = world;
  for (const outcome of ["succeeded", "failed"] as const) {
    const { id } = await stripe.checkout.sessions.create(packParams());
    await simulator.control.pay(id, { card: "delayed" });
    const waiting = await stripe.checkout.sessions.retrieve(id, { expand: ["payment_intent"] });
    expect(waiting).toMatchObject({
      status: "complete",
      payment_status: "unpaid",
      payment_intent: { status: "processing" },
    });
    await simulator.control.completeDelayed(id, { outcome });
    const ended = await stripe.checkout.sessions.retrieve(id);
    expect(ended.payment_status).toBe(outcome === "succeeded" ? "paid" : "unpaid");
    const [event] = (
      await stripe.events.list({ types: [`checkout.session.async_payment_${outcome}`] })
    ).data;
    expect(event?.data.object).toMatchObject({ id });
  }
});

it("leaves a session open when its card is declined, so that a second try can pay it", async () => {
  const { simulator, stripe } = world;
  const { id } = await stripe.checkout.sessions.create(packParams());
  await simulator.control.pay(id, { card: "declined" });
  const open = await stripe.checkout.sessions.retrieve(id, { expand: ["payment_intent"] });
  expect(open).toMatchObject({
    status: "open",
    payment_intent: {
      status: "requires_payment_method",
      last_payment_error: { code: "card_declined" },
    },
  });
  await simulator.control.pay(id);
  const charges = await stripe.charges.list({
    payment_intent: typeof open.payment_intent === "object" ? (open.payment_intent?.id ?? "") : "",
  });
  expect(charges.data.map((charge) => charge.status)).toEqual(["succeeded", "failed"]);
});
