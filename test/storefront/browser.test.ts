import { access, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { wholeCredits } from "../../src/kernel/credits.js";
import { publicId } from "../../src/kernel/ids.js";
import { linesPerPage } from "../../src/storefront/read-wallet-page.js";
import { type Shop, startShop } from "./shop.js";

const executablePath = "/usr/bin/chromium";
const isInstalled = await access(executablePath).then(
  () => true,
  () => false,
);
/** Set to keep the screenshots and look at them; otherwise they are removed with the test. */
const keepShots = process.env["KEEP_SCREENSHOTS"] === "1";
const flags =
  "--no-sandbox --disable-gpu --disable-dev-shm-usage --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync --disable-extensions";

interface Look {
  readonly name: string;
  readonly viewport?: { readonly width: number; readonly height: number };
  readonly colorScheme: "light" | "dark";
}

const overflow = "document.documentElement.scrollWidth - innerWidth";
const pro = {
  name: "Pro",
  credits: wholeCredits(2_500),
  bonusCredits: wholeCredits(250),
  price: { amountMinor: 3_900n, currency: "usd" },
  validityDays: 365,
};

describe.skipIf(!isInstalled)(
  "in a real browser (skipped where /usr/bin/chromium is not installed)",
  () => {
    let shop: Shop;
    let browser: Browser;
    let folder: string;
    beforeAll(async () => {
      [shop, browser, folder] = await Promise.all([
        startShop(),
        chromium.launch({ executablePath, args: flags.split(" ") }),
        mkdtemp(join(tmpdir(), "chargly-pages-")),
      ]);
    });
    afterAll(async () => {
      await browser.close();
      await shop.close();
      if (!keepShots) await rm(folder, { recursive: true });
    });

    const looks: readonly Look[] = [
      { name: "desktop", viewport: { width: 1_100, height: 800 }, colorScheme: "light" },
      { name: "phone", viewport: { width: 375, height: 740 }, colorScheme: "dark" },
    ];

    /** A page of its own browser profile, and what the browser complained about: blocked styles, forms, requests. */
    async function openPage({ name, ...look }: Look) {
      const context = await browser.newContext(look);
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on("console", (line) => {
        const isAboutStatus = line.text().startsWith("Failed to load resource");
        if (line.type() === "error" && !isAboutStatus) complaints.push(line.text());
      });
      const check = async (shot: string) => {
        await page.screenshot({ path: join(folder, `${name}-${shot}.png`), fullPage: true });
        expect(await page.evaluate(overflow), `${shot} fits the width`).toBe(0);
        expect(await page.locator("h1").count(), `${shot} has one heading`).toBe(1);
        expect(complaints, shot).toEqual([]);
      };
      return { context, page, check };
    }

    /** Clicks a link that downloads, and reads what arrives. The page stays where it is. */
    async function download(page: Page, words: string) {
      const [file] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("link", { name: words }).click(),
      ]);
      return { name: file.suggestedFilename(), text: await readFile(await file.path(), "utf8") };
    }

    it.each(looks)(
      "a customer on a $name buys 500 credits, sees 547 and takes the statement home",
      async (look) => {
        const tenant = await shop.openTenant(`Ink & Quill (${look.name})`);
        await tenant.sell("pro-2500", pro);
        await (await tenant.book()).give(47);
        const { context, page, check } = await openPage(look);
        await page.goto(await tenant.link());
        await check("wallet");
        await page.getByRole("button", { name: "Buy 500 credits for $9.99" }).click();
        await page.waitForURL(`${shop.simulator.url}/c/pay/**`);
        await page.getByRole("link", { name: "Cancel" }).click();
        await page.getByRole("heading", { name: "You left the checkout" }).waitFor();
        await check("left");
        await page.getByRole("link", { name: "Continue to payment" }).click();
        await page.getByRole("button", { name: "Pay" }).click();
        await page.waitForURL(`${shop.web.url}/wallet/**`);
        expect(await page.locator(".balance").textContent()).toContain("547");
        expect(await page.getByRole("status").textContent()).toContain("500 credits added");
        await check("paid");
        const csv = await download(page, "CSV for spreadsheets");
        expect(csv.name).toBe("statement-user_123.csv");
        const rows = csv.text.trimEnd().split("\r\n");
        expect(rows).toHaveLength(5); // titles, opening balance, given, bought, closing balance
        expect(rows.at(-1)).toContain("closing balance,,547,0,0,547");
        const json = await download(page, "JSON");
        expect(json.name).toBe("statement-user_123.json");
        expect(JSON.parse(json.text)).toMatchObject({ closingBalance: { total: 547 } });
        await check("downloaded");
        await context.close();
      },
    );

    it.each(looks)("every state of the return page fits a $name", async (look) => {
      const tenant = await shop.openTenant(`Ink & Quill, makers of words (${look.name})`);
      const { context, page, check } = await openPage(look);
      const { control } = shop.simulator;
      const visit = async (shot: string, prepare: (session: string) => Promise<unknown>) => {
        const purchase = await tenant.order({ customerId: shot });
        const session = purchase.checkoutSessionId ?? "";
        await prepare(session);
        const reference = publicId("purchase", purchase.id);
        await page.goto(`${shop.web.url}/checkout/${reference}?session_id=${session}`);
        await check(shot);
      };
      await visit("credited", (session) => control.pay(session));
      await visit("processing", (session) => control.pay(session, { card: "delayed" }));
      await visit("declined", (session) => control.pay(session, { card: "declined" }));
      await visit("expired", (session) => control.expire(session));
      await visit("quarantined", async (session) => {
        await control.patchObject(session, { currency: "eur" });
        await control.pay(session);
      });
      await page.goto(`${shop.web.url}/wallet/nonsense`);
      await check("bad-link");
      await page.goto(await tenant.link("nobody-yet"));
      await check("empty");
      const book = await tenant.book("long");
      for (let credits = 1; credits <= linesPerPage * 2 + 1; credits++)
        await book.give(credits * 1_234);
      await page.goto(await tenant.link("long"));
      await page.getByRole("link", { name: "Older" }).click();
      await check("history");
      await context.close();
    });

    it("the page of a delayed payment loads itself until the credits are there", async () => {
      const tenant = await shop.openTenant();
      const { context, page } = await openPage({ name: "desktop", colorScheme: "light" });
      const purchase = await tenant.order();
      const session = purchase.checkoutSessionId ?? "";
      await shop.simulator.control.pay(session, { card: "delayed" });
      const reference = publicId("purchase", purchase.id);
      await page.goto(`${shop.web.url}/checkout/${reference}?session_id=${session}`);
      await page.getByRole("heading", { name: "Your payment is on its way" }).waitFor();
      await shop.simulator.control.completeDelayed(session, { outcome: "succeeded" });
      await page.getByRole("heading", { name: "500 credits added" }).waitFor();
      await context.close();
    });
  },
);
