import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { walletReturnUrl } from "../../src/checkout/rules.js";
import type { Purchase } from "../../src/checkout/rules.js";
import { settlePurchase } from "../../src/checkout/settle-purchase.js";
import { wholeCredits } from "../../src/kernel/credits.js";
import { publicId } from "../../src/kernel/ids.js";
import { refreshesMax } from "../../src/storefront/rules.js";
import { merchantOrigin, type Shop, startShop } from "./shop.js";

let shop: Shop;
beforeAll(async () => {
  shop = await startShop();
});
afterAll(async () => {
  await shop.close();
});

const refOf = (purchase: Purchase) => publicId("purchase", purchase.id);
const pageOf = (purchase: Purchase, query = `?session_id=${sessionOf(purchase)}`) =>
  `/checkout/${refOf(purchase)}${query}`;
function sessionOf(purchase: Purchase): string {
  if (purchase.checkoutSessionId === null) throw new Error("the checkout has no session");
  return purchase.checkoutSessionId;
}
const paid = async (purchase: Purchase, card: "paid" | "declined" | "delayed" = "paid") => {
  await shop.simulator.control.pay(sessionOf(purchase), { card });
  return purchase;
};
const refreshOf = (html: string) => /http-equiv="refresh" content="(\d+);url=([^"]*)"/.exec(html);

describe("the return page of a paid checkout", () => {
  it("credits the wallet by itself while no webhook arrives, once, and shows 547", async () => {
    const tenant = await shop.openTenant();
    const book = await tenant.book();
    await book.give(47);
    const purchase = await paid(await tenant.order());
    const page = await shop.visit(pageOf(purchase));
    expect(page.status).toBe(200);
    expect(page.text).toContain("500 credits added");
    expect(page.text).toContain("Your balance is <strong>547</strong>");
    const again = await Promise.all([1, 2, 3].map(() => shop.visit(pageOf(purchase))));
    expect(again.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await book.wallet()).available).toBe(wholeCredits(547));
  });

  it("keeps the page out of caches, frames and other sites' logs", async () => {
    const tenant = await shop.openTenant();
    const page = await shop.visit(pageOf(await paid(await tenant.order())));
    expect(page.headers.get("cache-control")).toBe("no-store");
    expect(page.headers.get("referrer-policy")).toBe("no-referrer");
    expect(page.headers.get("content-security-policy")).toMatch(
      /default-src 'none'; style-src 'sha256-[^']+'.*frame-ancestors 'none'/,
    );
    expect(page.text).not.toContain("user_123");
    expect(page.text).not.toContain("<script");
  });

  it("sends the browser on to the merchant with the checkout appended to the query as it was", async () => {
    const tenant = await shop.openTenant();
    const successUrl = `${merchantOrigin}/done?plan=a%20b&x=%7Ey#top`;
    const purchase = await paid(await tenant.order({ successUrl }));
    const page = await shop.visit(pageOf(purchase));
    expect(page.status).toBe(303);
    expect(page.headers.get("location")).toBe(
      `${merchantOrigin}/done?plan=a%20b&x=%7Ey&checkout=${refOf(purchase)}#top`,
    );
  });

  it("leads back to the wallet page with a fresh link for a day, and not longer", async () => {
    const tenant = await shop.openTenant();
    const successUrl = walletReturnUrl(shop.web.url);
    const purchase = await paid(await tenant.order({ successUrl }));
    const page = await shop.visit(pageOf(purchase));
    expect(page.status).toBe(303);
    const wallet = await shop.visit(page.headers.get("location") ?? "");
    expect(wallet.text).toContain("500 credits added");
    shop.advanceClock(25 * 3_600_000);
    const late = await shop.visit(pageOf(purchase));
    shop.advanceClock(-25 * 3_600_000);
    expect(late.status).toBe(200);
    expect(late.text).toContain("500 credits added");
    expect(late.text).not.toContain("/wallet/");
  });
});

describe("the return page of a checkout whose money goes back", () => {
  it("says what was taken back, by a dispute and by refunds of a part and of all", async () => {
    const tenant = await shop.openTenant();
    const purchase = await paid(await tenant.order());
    await shop.visit(pageOf(purchase));
    const { control } = shop.simulator;
    const { paymentIntentId } = await tenant.purchaseOf(refOf(purchase));
    const payment = { paymentIntent: String(paymentIntentId) };
    const shown = async () => {
      await settlePurchase(shop.ctx, purchase.projectId, purchase.id);
      return (await shop.visit(pageOf(purchase))).text;
    };
    const dispute = String((await control.dispute({ ...payment, amount: 333 }))["id"]);
    expect(await shown()).toMatch(
      /This payment is disputed[\s\S]+166.666666 credits were taken back/,
    );
    await control.closeDispute(dispute, "won");
    expect(await shown()).toContain("500 credits added");
    await control.refund({ ...payment, amount: 333 });
    expect(await shown()).toMatch(/500 credits were added, and 166.666666 credits were taken back/);
    await control.refund(payment);
    expect(await shown()).toContain("This purchase was refunded");
  });
});

describe("the return page of a checkout that is not paid yet", () => {
  it("says that a delayed payment is on its way, not to pay again, and looks again every 3 seconds", async () => {
    const tenant = await shop.openTenant();
    const purchase = await paid(await tenant.order(), "delayed");
    const page = await shop.visit(pageOf(purchase));
    expect(page.status).toBe(200);
    expect(page.text).toContain("Your payment is on its way");
    expect(page.text).toContain("safe to close");
    expect(page.text).toContain("do not pay again");
    const [, seconds, url = ""] = refreshOf(page.text) ?? [];
    expect(seconds).toBe("3");
    const next = url.replaceAll("&amp;", "&");
    expect(next).toBe(`?session_id=${sessionOf(purchase)}&refreshes=1`);
    await shop.simulator.control.completeDelayed(sessionOf(purchase), { outcome: "succeeded" });
    const after = await shop.visit(pageOf(purchase, next));
    expect(after.text).toContain("500 credits added");
    expect(refreshOf(after.text)).toBeNull();
  });

  it.each([String(refreshesMax), "9999999", "-1", "x", "1e2"])(
    "stops looking by itself after ten minutes (refreshes=%s)",
    async (refreshes) => {
      const tenant = await shop.openTenant();
      const purchase = await paid(await tenant.order(), "delayed");
      const query = `?session_id=${sessionOf(purchase)}&refreshes=${refreshes}`;
      const page = await shop.visit(pageOf(purchase, query));
      expect(refreshOf(page.text)).toBeNull();
      expect(page.text).toContain(`href="?session_id=${sessionOf(purchase)}">Check again`);
    },
  );

  it("says what was wrong with a delayed payment that failed", async () => {
    const tenant = await shop.openTenant();
    const cancelUrl = `${merchantOrigin}/credits`;
    const purchase = await paid(await tenant.order({ cancelUrl }), "delayed");
    await shop.simulator.control.completeDelayed(sessionOf(purchase), { outcome: "failed" });
    const page = await shop.visit(pageOf(purchase));
    expect(page.text).toContain("The payment did not go through");
    expect(page.text).toContain("No credits were added");
    expect(page.text).toContain(`href="${cancelUrl}"`);
  });

  it("offers to go on paying while the session is open", async () => {
    const tenant = await shop.openTenant();
    const purchase = await tenant.order();
    const page = await shop.visit(pageOf(purchase));
    expect(page.text).toContain("Your payment is not complete");
    expect(page.text).toContain(`href="${purchase.checkoutUrl}"`);
    const left = await shop.visit(pageOf(purchase, "?canceled=true"));
    expect(left.text).toContain("You left the checkout");
    expect(left.text).toContain("Nothing was charged");
    expect(left.text).toContain(`href="${purchase.checkoutUrl}"`);
  });

  it("says that an expired checkout was not charged", async () => {
    const tenant = await shop.openTenant();
    const purchase = await tenant.order();
    await shop.simulator.control.expire(sessionOf(purchase));
    const page = await shop.visit(pageOf(purchase));
    expect(page.text).toContain("This checkout has expired");
    expect(page.text).toContain("nothing was charged");
    expect(page.text).not.toContain("Continue to payment");
  });

  it("names the merchant and the reference when the payment does not match, and credits nothing", async () => {
    const tenant = await shop.openTenant(`<b>Ink & Co</b> ${Date.now()}`);
    const purchase = await tenant.order();
    await shop.simulator.control.patchObject(sessionOf(purchase), { currency: "eur" });
    await paid(purchase);
    const page = await shop.visit(pageOf(purchase));
    expect(page.text).toContain("needs a look by <strong>&lt;b&gt;Ink &amp; Co&lt;/b&gt;");
    expect(page.text).toContain("not charged twice");
    expect(page.text).toContain(refOf(purchase));
    expect((await (await tenant.book()).wallet()).available).toBe(0n);
  });
});

describe("the return page while Stripe does not answer", () => {
  it("tells nobody to pay, shows no error, and looks again", async () => {
    const tenant = await shop.openTenant();
    const purchase = await paid(await tenant.order());
    await shop.simulator.control.failRequests({
      status: 503,
      count: 9,
      pathPrefix: "/v1/checkout/sessions",
    });
    const page = await shop.visit(pageOf(purchase));
    await shop.simulator.control.clearFaults();
    expect(page.status).toBe(200);
    expect(page.text).toContain("We are confirming your payment");
    expect(page.text).not.toContain("Continue to payment");
    expect(refreshOf(page.text)).not.toBeNull();
    expect((await shop.visit(pageOf(purchase))).text).toContain("500 credits added");
  });

  it("shows what was credited before without asking Stripe", async () => {
    const tenant = await shop.openTenant();
    const purchase = await paid(await tenant.order());
    await shop.visit(pageOf(purchase));
    await shop.simulator.control.resetLog();
    const page = await shop.visit(pageOf(purchase));
    expect(page.text).toContain("500 credits added");
    expect((await shop.simulator.control.requests()).count).toBe(0);
  });
});

describe("a browser without the right session", () => {
  it("gets the same page for a wrong session, a foreign one, an unknown checkout and no id at all", async () => {
    const tenant = await shop.openTenant();
    const mine = await paid(await tenant.order());
    const other = await paid(await (await shop.openTenant()).order());
    const unknown = "pur_01k2x3v9g7f6q8r5s4t3w2y1z0";
    const addresses = [
      pageOf(mine, "?session_id=cs_test_wrong"),
      pageOf(mine, `?session_id=${sessionOf(other)}`),
      `/checkout/${unknown}?session_id=cs_test_wrong`,
      `/checkout/${unknown}?canceled=true`,
      `/checkout/nonsense?session_id=${sessionOf(mine)}`,
    ];
    const pages = await Promise.all(addresses.map((address) => shop.visit(address)));
    const withoutReference = pages.map(({ status, text }) => [
      status,
      text.replace(/req_[0-9a-z]+/, "req"),
    ]);
    expect(new Set(withoutReference.map((each) => JSON.stringify(each))).size).toBe(1);
    expect(pages[0]?.status).toBe(404);
    expect(pages[0]?.text).toContain("There is no such checkout");
    expect((await (await tenant.book()).wallet()).available).toBe(0n);
  });

  it("learns neither balance nor wallet from the id alone", async () => {
    const tenant = await shop.openTenant();
    await (await tenant.book()).give(47);
    const successUrl = walletReturnUrl(shop.web.url);
    const purchase = await paid(await tenant.order({ successUrl }));
    const page = await shop.visit(pageOf(purchase, "?canceled=true"));
    expect(page.status).toBe(200);
    expect(page.text).toContain("500 credits added");
    expect(page.text).not.toContain("547");
    expect(page.text).not.toContain("/wallet/");
    expect(page.text).not.toContain(sessionOf(purchase));
  });

  it("settles no foreign session into a checkout whose own session is not known yet", async () => {
    const tenant = await shop.openTenant();
    const victim = await tenant.order();
    const foreign = await paid(await tenant.order({ customerId: "user_456" }));
    await shop
      .db("purchases")
      .where({ id: victim.id })
      .update({ checkout_session_id: null, checkout_url: null, state: "created" });
    const page = await shop.visit(pageOf(victim, `?session_id=${sessionOf(foreign)}`));
    expect(page.status).toBe(404);
    expect(await tenant.purchaseOf(refOf(victim))).toMatchObject({
      state: "created",
      granted: 0n,
      quarantinedAt: null,
    });
    await paid(victim);
    const own = await shop.visit(pageOf(victim));
    expect(own.text).toContain("Your balance is <strong>500</strong>");
  });

  it("answers a program with problem+json", async () => {
    const answer = await shop.web.get("/checkout/pur_x", { headers: { accept: "*/*" } });
    expect(answer.status).toBe(404);
    expect(answer.json["code"]).toBe("not_found");
  });
});
