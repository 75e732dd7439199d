import { readFileSync } from "node:fs";
import { beforeAll, expect, it } from "vitest";
import { deriveParams, printParams } from "../schema/derive-params.js";
import { openConformance } from "./conformance.js";
import { openSimulator, packParams, paidSession } from "./open-simulator.js";

const world = openSimulator();
let complaints: (object: Record<string, unknown>) => string[] = () => ["not ready"];

beforeAll(() => {
  complaints = openConformance();
}, 180_000);

const key = "sk_test_simulator";

/** The answer as it is on the wire, before the SDK turns decimals into objects. */
async function wire(path: string): Promise<Record<string, unknown>> {
  const response = await fetch(`${world.simulator.url}${path}`, {
    headers: { Authorization: `Bearer ${key}` },
  });
  expect(response.status, path).toBe(200);
  const object: Record<string, unknown> = JSON.parse(await response.text());
  return object;
}

async function makeEveryState(): Promise<void> {
  const { simulator, stripe } = world;
  const { control } = simulator;
  const customer = await stripe.customers.create({
    email: "ada@example.com",
    name: "Ada",
    address: { line1: "1 Road", city: "Paris", country: "FR" },
    shipping: { name: "Ada", address: { line1: "1 Road" } },
  });
  const gone = await stripe.customers.create({});
  await stripe.customers.del(gone.id);
  await stripe.checkout.sessions.create(packParams({ customer_email: "open@example.com" }));
  await control.expire((await stripe.checkout.sessions.create(packParams())).id);
  await control.pay((await stripe.checkout.sessions.create(packParams())).id, { card: "declined" });
  for (const outcome of ["succeeded", "failed"] as const) {
    const { id } = await stripe.checkout.sessions.create(packParams({ customer: customer.id }));
    await control.pay(id, { card: "delayed" });
    await control.completeDelayed(id, { outcome });
  }
  await control.pay((await stripe.checkout.sessions.create(packParams())).id, { card: "delayed" });
  const coupon = await stripe.coupons.create({ percent_off: 100, duration: "once" });
  const code = await stripe.promotionCodes.create({
    promotion: { type: "coupon", coupon: coupon.id },
  });
  const free = await stripe.checkout.sessions.create(
    packParams({ discounts: [{ promotion_code: code.id }] }),
  );
  await control.pay(free.id);
  await stripe.webhookEndpoints.create({
    url: "http://127.0.0.1:1/x",
    enabled_events: ["charge.failed"],
  });
  await makeReversals();
  for (const method of [
    "pm_card_visa",
    "pm_card_chargeDeclined",
    "pm_card_authenticationRequired",
  ]) {
    const params = { amount: 500, currency: "eur", payment_method: method, confirm: true };
    await stripe.paymentIntents.create(params).catch(() => null);
    await stripe.paymentIntents.create({ ...params, off_session: true }).catch(() => null);
  }
  const idle = await stripe.paymentIntents.create({ amount: 500, currency: "usd" });
  await stripe.paymentIntents.cancel(idle.id, { cancellation_reason: "abandoned" });
  await stripe.prices.create({
    currency: "usd",
    unit_amount: 500,
    product_data: { name: "Pack" },
  });
}

async function makeReversals(): Promise<void> {
  const { simulator, stripe } = world;
  const { control } = simulator;
  for (const status of ["succeeded", "pending", "requires_action", "failed", "canceled"] as const) {
    const { charge } = await paidSession(simulator, stripe);
    await control.refund({ charge, amount: 100, status });
  }
  const refunded = await paidSession(simulator, stripe);
  await control.earlyFraudWarning({ charge: refunded.charge });
  const refund = await stripe.refunds.create({ charge: refunded.charge });
  await control.setRefundStatus(refund.id, "failed");
  for (const end of ["won", "lost"] as const) {
    const { intent } = await paidSession(simulator, stripe);
    const dispute = await control.dispute({ paymentIntent: intent });
    await control.closeDispute(String(dispute["id"]), end);
  }
  const inquired = await paidSession(simulator, stripe);
  const inquiry = await control.dispute({ charge: inquired.charge, inquiry: true });
  await stripe.disputes.update(String(inquiry["id"]), { evidence: { customer_name: "Ada" } });
  await control.closeDispute(String(inquiry["id"]), "warning_closed");
}

const lists = [
  "customers",
  "checkout/sessions",
  "payment_intents",
  "charges",
  "refunds",
  "disputes",
  "radar/early_fraud_warnings",
  "balance_transactions",
  "events",
  "webhook_endpoints",
  "coupons",
  "promotion_codes",
  "products",
  "prices",
];

it("answers with the shapes that the installed SDK's types promise, in every state", async () => {
  await makeEveryState();
  const seen = new Map<string, number>();
  for (const list of lists) {
    const page = await wire(`/v1/${list}?limit=100`);
    expect(page).toMatchObject({ object: "list", url: `/v1/${list}` });
    const data = Array.isArray(page["data"]) ? page["data"] : [];
    expect(data.length, list).toBeGreaterThan(0);
    for (const object of data) {
      expect(complaints(object)).toEqual([]);
      seen.set(object.object, (seen.get(object.object) ?? 0) + 1);
      if (object.object === "event") expect(complaints(object.data.object)).toEqual([]);
    }
  }
  expect(seen.size).toBe(lists.length);
  expect(complaints(await wire("/v1/account"))).toEqual([]);
}, 60_000);

it("keeps the shapes when ids are expanded", async () => {
  const { session, intent } = await paidSession(world.simulator, world.stripe);
  const expanded = await wire(
    `/v1/checkout/sessions/${session.id}?expand[]=line_items.data.price.product&expand[]=payment_intent.latest_charge.refunds&expand[]=payment_intent.payment_method`,
  );
  expect(complaints(expanded)).toEqual([]);
  const charges = await wire(
    `/v1/charges?payment_intent=${intent}&expand[]=data.balance_transaction.source&expand[]=data.payment_intent`,
  );
  expect(complaints(Array.isArray(charges["data"]) ? charges["data"][0] : {})).toEqual([]);
});

it("notices an object that does not have its shape", async () => {
  const account = await wire("/v1/account");
  expect(complaints({ ...account, charges_enabled: "yes" })).not.toEqual([]);
  expect(complaints({ ...account, chargesEnabled: true })).not.toEqual([]);
  const { email: _, ...without } = account;
  expect(complaints(without)).not.toEqual([]);
});

it("checks parameters against the SDK that is installed: params.json is up to date", () => {
  const committed = readFileSync(new URL("../schema/params.json", import.meta.url), "utf8");
  expect(printParams(deriveParams()) === committed, "run `npm run schema`").toBe(true);
}, 60_000);
