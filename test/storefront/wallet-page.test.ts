import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { walletReturnUrl } from "../../src/checkout/rules.js";
import { wholeCredits, zeroCredits } from "../../src/kernel/credits.js";
import { publicId } from "../../src/kernel/ids.js";
import { renderWallet } from "../../src/storefront/render-wallet.js";
import { linesPerPage } from "../../src/storefront/read-wallet-page.js";
import type { Answer } from "../platform/http/web.js";
import { type Shop, startShop } from "./shop.js";

let shop: Shop;
beforeAll(async () => {
  shop = await startShop();
});
afterAll(async () => {
  await shop.close();
});

const locationOf = (answer: Answer) => answer.headers.get("location") ?? "";
const buy = (link: string, pack = "starter-500") =>
  shop.visit(`${link}/checkouts?pack=${encodeURIComponent(pack)}`, { method: "POST" });
const lastPurchase = async (projectId: string) =>
  shop.db("purchases").where({ project_id: projectId }).orderBy("created_at", "desc").first();
const linkNamed = (html: string, words: string) =>
  new RegExp(`href="([^"]*)">[^<]*${words}`).exec(html)?.[1];

describe("the wallet page", () => {
  it("shows an empty wallet as empty, with what can be bought", async () => {
    const tenant = await shop.openTenant();
    const page = await shop.visit(await tenant.link());
    expect(page.status).toBe(200);
    expect(page.text).toContain("No credits yet");
    expect(page.text).toContain("$9.99");
    expect(page.text).not.toContain("Older");
    expect(page.text).not.toContain("Set aside");
    expect(page.text).not.toContain("Owed");
  });

  it("shows the balance and each line of the history with the balance after it", async () => {
    const tenant = await shop.openTenant();
    const book = await tenant.book();
    await book.give(47);
    await book.take(12);
    const { text } = await shop.visit(await tenant.link());
    expect(text).toMatch(/class="balance">35<small>credits/);
    const rows = [...text.matchAll(/<td class="number[^"]*">([^<]*)<\/td>/g)].map(
      ([, cell]) => cell,
    );
    expect(rows).toEqual(["\u221212", "35", "+47", "47"]);
    expect(text).toContain("Given: given by a test");
  });

  it("shows what is set aside and owed only when there is some", async () => {
    const tenant = await shop.openTenant();
    const book = await tenant.book();
    await book.give(100);
    const wallet = { ...(await book.wallet()), held: wholeCredits(3), debt: wholeCredits(1) };
    const statement = { data: [], hasMore: false, nextCursor: null };
    const shown = { wallet, project: tenant.project, packs: [], statement, returned: undefined };
    const { body } = renderWallet(shown, "/wallet/x");
    expect(JSON.stringify(body)).toContain("<dd>3 credits</dd>");
    expect(JSON.stringify(body)).toContain("<dd>1 credit</dd>");
  });

  it("offers all of its history as a file, and nothing to download where nothing happened", async () => {
    const tenant = await shop.openTenant();
    const link = await tenant.link();
    expect((await shop.visit(link)).text).not.toContain("Download");
    await (await tenant.book()).give(47);
    const { text } = await shop.visit(link);
    const csv = await fetch(new URL(linkNamed(text, "CSV for spreadsheets") ?? "", link));
    expect([...new Uint8Array((await csv.clone().arrayBuffer()).slice(0, 3))]).toEqual([
      239, 187, 191,
    ]);
    expect((await csv.text()).split("\r\n")[2]).toContain("Given: given by a test,47,47,0,0,47");
    expect(csv.headers.get("content-disposition")).toContain("statement-user_123.csv");
    const json = await shop.visit(linkNamed(text, "JSON") ?? "");
    expect(json.json).toMatchObject({ customerId: "user_123", closingBalance: { total: 47 } });
    const refused = await shop.visit(`${link}x/statement?format=csv`);
    expect([refused.status, refused.text.includes("does not work any more")]).toEqual([401, true]);
  });

  it("walks through a long history to the oldest line and back, each line once", async () => {
    const tenant = await shop.openTenant();
    const book = await tenant.book();
    const lines = linesPerPage * 2 + 3;
    for (let credits = 1; credits <= lines; credits++) await book.give(credits);
    const amounts = (html: string) =>
      [...html.matchAll(/class="number in">\+(\d+)</g)].map(([, digits]) => Number(digits));
    const walk = async (from: string, words: string) => {
      const pages = [];
      for (let url: string | undefined = from; url !== undefined && pages.length < 9; ) {
        const { text } = await shop.visit(url);
        pages.push({ url, amounts: amounts(text) });
        url = linkNamed(text, words);
      }
      return pages;
    };
    const down = await walk(await tenant.link(), "Older");
    const expected = Array.from({ length: lines }, (_, index) => lines - index);
    expect(down.flatMap((page) => page.amounts)).toEqual(expected);
    const up = await walk(down.at(-1)?.url ?? "", "Newer");
    expect(up.reverse().flatMap((page) => page.amounts)).toEqual(expected);
  });

  it("lists packs from small to large, with bonus and validity, and none that is off sale", async () => {
    const tenant = await shop.openTenant();
    const price = { amountMinor: 1_200n, currency: "jpy" };
    await tenant.sell("a-big", {
      name: "Big",
      credits: wholeCredits(25_000),
      bonusCredits: wholeCredits(500),
      validityDays: 90,
      price,
    });
    await tenant.sell("gone", { name: "Gone pack", onSale: false });
    const { text } = await shop.visit(await tenant.link());
    expect([...text.matchAll(/<h3>([^<]*)/g)].map(([, name]) => name)).toEqual([
      "500 credits",
      "Big",
    ]);
    expect(text).toContain("+ 500 bonus<");
    expect(text).toContain("Valid for 90 days");
    expect(text).toContain("¥1,200");
  });

  it("shows hostile names as text, nowhere as markup", async () => {
    const hostile = `"><script>alert(1)</script><img src=x onerror='x'>`;
    const tenant = await shop.openTenant(`${hostile}${Date.now()}`);
    await tenant.sell("starter-500", { name: hostile });
    const customerId = `${hostile}&amp;`;
    const book = await tenant.book(customerId);
    await shop.simulator.control.pay((await tenant.order({ customerId })).checkoutSessionId ?? "");
    const link = await tenant.link(customerId);
    const purchase = await lastPurchase(tenant.project.id);
    const back = `/checkout/${publicId("purchase", purchase.id)}?session_id=${purchase.checkout_session_id}`;
    const pages = [
      await shop.visit(back),
      await shop.visit(link),
      await shop.visit(`${link}?cursor=%22%3E%3Cscript%3E`),
    ];
    expect(pages.map(({ status }) => status)).toEqual([200, 200, 400]);
    for (const { text } of pages) expect(text).not.toMatch(/<script|<img|onerror='/);
    expect(pages[1]?.text).toContain("Bought &quot;&gt;&lt;script&gt;");
    expect((await book.wallet()).available).toBe(wholeCredits(500));
  });

  it("lets forms lead to itself and to the payment page, and nowhere else", async () => {
    const tenant = await shop.openTenant();
    const page = await shop.visit(await tenant.link());
    const policy = page.headers.get("content-security-policy");
    expect(policy).toContain(`form-action 'self' ${shop.simulator.url} ${shop.web.url}`);
    expect(page.headers.get("cache-control")).toBe("no-store");
  });

  it("ignores what mails add to links", async () => {
    const tenant = await shop.openTenant();
    expect((await shop.visit(`${await tenant.link()}?utm_source=mail`)).status).toBe(200);
  });
});

describe("a link that is no good", () => {
  it("is refused alike, with what to do, whether forged, foreign, cut off or expired", async () => {
    const tenant = await shop.openTenant();
    const good = await tenant.link();
    const other = await tenant.link("user_456");
    const expired = await tenant.link("user_123", 60);
    const [wallet = "", expiry = "", mac = ""] = good.split("/").at(-1)?.split(".") ?? [];
    const [otherWallet = ""] = other.split("/").at(-1)?.split(".") ?? [];
    const forged = [
      `${otherWallet}.${expiry}.${mac}`,
      `${wallet}.${Number(expiry) + 1}.${mac}`,
      `${wallet}.${expiry}.${mac.slice(0, -1)}`,
      `${wallet}.${expiry}.${mac.startsWith("A") ? "B" : "A"}${mac.slice(1)}`,
      "x",
      "a".repeat(3_000),
    ].map((token) => `/wallet/${token}`);
    shop.advanceClock(61_000);
    const pages = await Promise.all([...forged, expired].map((url) => shop.visit(url)));
    const posts = await Promise.all([...forged, expired].map((url) => buy(url)));
    const stillGood = await shop.visit(good);
    shop.advanceClock(-61_000);
    for (const { status, text } of [...pages, ...posts]) {
      expect(status).toBe(401);
      expect(text).toContain("This link does not work any more");
      expect(text).toContain("open your wallet again");
    }
    expect(stillGood.status).toBe(200);
    expect(await lastPurchase(tenant.project.id)).toBeUndefined();
  });

  it("answers a method that there is not with a page as well", async () => {
    const page = await shop.visit("/wallet/x", { method: "DELETE" });
    expect(page.status).toBe(405);
    expect(page.headers.get("content-type")).toContain("text/html");
  });

  it("is refused as problem+json where no page is wanted", async () => {
    const answer = await shop.web.get("/wallet/x", { headers: { accept: "application/json" } });
    expect(answer.status).toBe(401);
    expect(answer.json["code"]).toBe("unauthenticated");
    expect(answer.headers.get("vary")).toContain("Accept");
  });
});

describe("buying on the wallet page", () => {
  it("leads to the payment page, back to the wallet, and to 547, without any webhook", async () => {
    const tenant = await shop.openTenant();
    await (await tenant.book()).give(47);
    const link = await tenant.link();
    const sent = await buy(link);
    expect(sent.status).toBe(303);
    expect(locationOf(sent)).toContain(`${shop.simulator.url}/c/pay/cs_test_`);
    const purchase = await lastPurchase(tenant.project.id);
    await shop.simulator.control.pay(purchase.checkout_session_id);
    const back = `/checkout/${publicId("purchase", purchase.id)}?session_id=${purchase.checkout_session_id}`;
    const page = await shop.visit(locationOf(await shop.visit(back)));
    expect(page.text).toMatch(/role="status">✓ 500 credits added/);
    expect(page.text).toMatch(/class="balance">547</);
    expect(page.text).toContain("Bought 500 credits for $9.99");
    expect(purchase.success_url).toBe(walletReturnUrl(shop.web.url));
  });

  it("reuses the open checkout for an impatient customer, and does not charge one who has just paid", async () => {
    const tenant = await shop.openTenant();
    const link = await tenant.link();
    const [first, second] = [await buy(link), await buy(link)];
    expect(locationOf(second)).toBe(locationOf(first));
    const purchase = await lastPurchase(tenant.project.id);
    await shop.simulator.control.pay(purchase.checkout_session_id);
    const third = await buy(link);
    expect(locationOf(third)).toMatch(/^\/wallet\/.*\?checkout=pur_/);
    expect((await shop.visit(locationOf(third))).text).toContain("500 credits added");
    const rows = await shop.db("purchases").where({ project_id: tenant.project.id });
    expect(rows).toHaveLength(1);
  });

  it("hands no fresh link to who has not paid, with the session or without, and says how to go back", async () => {
    const tenant = await shop.openTenant();
    await buy(await tenant.link());
    const { id, checkout_session_id: session } = await lastPurchase(tenant.project.id);
    for (const query of ["canceled=true", `session_id=${session}`]) {
      const page = await shop.visit(`/checkout/${publicId("purchase", id)}?${query}`);
      expect(page.status).toBe(200);
      expect(page.text).toContain("Continue to payment");
      expect(page.text).toContain("Go back to the link you came from");
      expect(page.text).not.toContain("/wallet/");
    }
  });

  it("does not announce the purchase of another wallet", async () => {
    const tenant = await shop.openTenant();
    const theirs = await tenant.order({ customerId: "user_456" });
    await shop.simulator.control.pay(theirs.checkoutSessionId ?? "");
    await shop.visit(
      `/checkout/${publicId("purchase", theirs.id)}?session_id=${theirs.checkoutSessionId}`,
    );
    const page = await shop.visit(
      `${await tenant.link()}?checkout=${publicId("purchase", theirs.id)}`,
    );
    expect(page.status).toBe(200);
    expect(page.text).not.toContain("added");
  });

  it.each([
    ["no-such-pack", 404, "no longer on sale"],
    ["off", 409, "no longer on sale"],
    ["Not A Code", 400, "try again from there"],
  ])("refuses the pack %j with a page of status %i", async (pack, status, words) => {
    const tenant = await shop.openTenant();
    await tenant.sell("off", { onSale: false, bonusCredits: zeroCredits });
    const page = await buy(await tenant.link(), pack);
    expect(page.status).toBe(status);
    expect(page.headers.get("content-type")).toContain("text/html");
    expect(page.text).toContain(words);
  });

  it("says that nothing was charged while Stripe is down, and survives a reload of that page", async () => {
    const tenant = await shop.openTenant();
    const link = await tenant.link();
    await shop.simulator.control.failRequests({ status: 503, count: 9 });
    const page = await buy(link);
    await shop.simulator.control.clearFaults();
    expect(page.status).toBe(503);
    expect(page.headers.get("retry-after")).not.toBeNull();
    expect(page.text).toContain("Nothing was charged");
    const reloaded = await shop.visit(`${link}/checkouts?pack=starter-500`);
    expect(reloaded.status).toBe(303);
    expect((await shop.visit(locationOf(reloaded))).status).toBe(200);
  });
});
