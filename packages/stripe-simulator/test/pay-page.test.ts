import { describe, expect, it } from "vitest";
import { formatMoney } from "../src/pay-page/format-money.js";
import { openSimulator, packParams } from "./open-simulator.js";

const world = openSimulator({ delayedPaymentMs: 1 });

async function submit(url: string | null, fields: Record<string, string>): Promise<Response> {
  return fetch(url ?? "", {
    method: "POST",
    body: new URLSearchParams(fields),
    redirect: "manual",
  });
}

describe("the pay page", () => {
  it("shows who sells what for how much, offers test cards, and loads nothing from elsewhere", async () => {
    const { simulator, stripe } = world;
    await simulator.control.nameAccount({ key: "sk_test_simulator", name: "Ada & Sons" });
    const { url } = await stripe.checkout.sessions.create(packParams());
    const response = await fetch(url ?? "");
    const html = await response.text();
    expect(response.headers.get("content-security-policy")).toContain("default-src 'none'");
    for (const part of ["Ada &amp; Sons", "500 credits", "$9.99", "no money moves", "Cancel"]) {
      expect(html).toContain(part);
    }
    expect(html.match(/type="radio"/g)).toHaveLength(4);
    expect(html).not.toMatch(/<script|src=|<link/);
  });

  it("pays, and sends the customer to the success page with the session's id", async () => {
    const { id, url } = await world.stripe.checkout.sessions.create(packParams());
    const response = await submit(url, { card: "paid" });
    expect(response.status).toBe(303);
    expect(response.headers.get("location")).toBe(`http://127.0.0.1:1/done?session=${id}`);
    const again = await fetch(url ?? "");
    expect(await again.text()).toContain("This payment is complete");
    expect((await world.stripe.checkout.sessions.retrieve(id)).payment_status).toBe("paid");
  });

  it("says why a card was declined and lets the customer try another", async () => {
    const { id, url } = await world.stripe.checkout.sessions.create(packParams());
    const response = await submit(url, { card: "declined" });
    expect(response.status).toBe(402);
    expect(await response.text()).toContain("Your card was declined.");
    expect((await submit(url, { card: "paid" })).status).toBe(303);
    expect((await world.stripe.checkout.sessions.retrieve(id)).payment_status).toBe("paid");
  });

  it.each([
    ["delayed_succeeds", "paid", "checkout.session.async_payment_succeeded"],
    ["delayed_fails", "unpaid", "checkout.session.async_payment_failed"],
  ])("%s ends %s by itself", async (card, status, type) => {
    const { id, url } = await world.stripe.checkout.sessions.create(packParams());
    expect((await submit(url, { card })).status).toBe(303);
    await expect
      .poll(async () => {
        const { data } = await world.stripe.events.list({ type });
        return data.some((event) => "id" in event.data.object && event.data.object.id === id);
      })
      .toBe(true);
    expect((await world.stripe.checkout.sessions.retrieve(id)).payment_status).toBe(status);
  });

  it("takes a promotion code when the session allows one", async () => {
    const { stripe } = world;
    const coupon = await stripe.coupons.create({ percent_off: 50 });
    await stripe.promotionCodes.create({
      code: "HALF",
      promotion: { type: "coupon", coupon: coupon.id },
    });
    const { id, url } = await stripe.checkout.sessions.create(
      packParams({ allow_promotion_codes: true }),
    );
    expect((await submit(url, { card: "paid", promotion_code: "NOPE" })).status).toBe(400);
    expect((await submit(url, { card: "paid", promotion_code: "HALF" })).status).toBe(303);
    const session = await stripe.checkout.sessions.retrieve(id, { expand: ["payment_intent"] });
    expect(session).toMatchObject({ amount_total: 499, payment_intent: { amount: 499 } });
  });

  it("escapes every text that a shop may send", async () => {
    const name = `<img src=x onerror=alert(1)>"'`;
    const { url } = await world.stripe.checkout.sessions.create(
      packParams({
        line_items: [
          {
            quantity: 2,
            price_data: { currency: "jpy", unit_amount: 500, product_data: { name } },
          },
        ],
      }),
    );
    const html = await (await fetch(url ?? "")).text();
    expect(html).not.toContain("<img");
    expect(html).toContain("&lt;img src=x onerror=alert(1)&gt;&quot;&#39;");
    expect(html).toContain("¥1,000");
  });

  it("says so when a session has expired or does not exist", async () => {
    const { id, url } = await world.stripe.checkout.sessions.create(packParams());
    await world.stripe.checkout.sessions.expire(id);
    expect(await (await submit(url, { card: "paid" })).text()).toContain("has expired");
    expect((await fetch(`${world.simulator.url}/c/pay/cs_test_none`)).status).toBe(404);
  });
});

it.each([
  [999, "usd", "$9.99"],
  [5, "usd", "$0.05"],
  [123_456_789, "eur", "€1,234,567.89"],
  [500, "jpy", "¥500"],
  [1_500, "kwd", "KWD 1.500"],
  [7, "bhd", "BHD 0.007"],
  [-250, "gbp", "-£2.50"],
])("writes %i of %s as %s", (amount, currency, text) => {
  expect(formatMoney(amount, currency)).toBe(text);
});
