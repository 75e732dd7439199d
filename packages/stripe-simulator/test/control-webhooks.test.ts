import { describe, expect, it } from "vitest";
import { eventTypes, openReceiver, openSimulator, paidSession, sdk } from "./open-simulator.js";

const world = openSimulator();

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

  it("arrive out of order when told to, each once", async () => {
    const { simulator } = world;
    const stripe = sdk(simulator, "sk_test_reorder");
    const receiver = await openReceiver();
    await stripe.webhookEndpoints.create({ url: receiver.url, enabled_events: ["*"] });
    await simulator.control.setDelivery({ reorder: true, seed: 7 });
    for (let round = 0; round < 5; round += 1) await paidSession(simulator, stripe);
    await simulator.control.waitForIdle();
    await simulator.control.setDelivery({ reorder: false });
    const generated = await eventTypes(stripe);
    expect(receiver.types()).not.toEqual(generated);
    expect(receiver.types().sort()).toEqual(generated.sort());
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
    expect(await eventTypes(stripe, 0)).not.toContain("checkout.session.completed");
    expect(await eventTypes(stripe, 0)).toContain("charge.succeeded");
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
