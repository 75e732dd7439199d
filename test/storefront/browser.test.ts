import { access, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Shop, startShop } from "./shop.js";

const executablePath = "/usr/bin/chromium";
const isInstalled = await access(executablePath).then(
  () => true,
  () => false,
);
const title = isInstalled
  ? "in a real browser"
  : `in a real browser (skipped: ${executablePath} is not installed)`;
/** Set to keep the screenshots and look at them; otherwise they are removed with the test. */
const keepShots = process.env["KEEP_SCREENSHOTS"] === "1";
const flags =
  "--no-sandbox --disable-gpu --disable-dev-shm-usage --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync --disable-extensions";

describe.skipIf(!isInstalled)(title, () => {
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

  const shoot = (page: Page, name: string) =>
    page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });

  it.each([
    ["desktop", 1_100, 800, "light"],
    ["phone", 375, 740, "dark"],
  ] as const)(
    "a customer on a %s buys 500 credits and sees 547",
    async (name, width, height, colorScheme) => {
      const tenant = await shop.openTenant(`Ink & Quill (${name})`);
      await tenant.sell("pro-2500", {
        name: "Pro",
        credits: 2_500_000_000n as never,
        bonusCredits: 250_000_000n as never,
        price: { amountMinor: 3_900n, currency: "usd" },
        validityDays: 365,
      });
      await (await tenant.book()).give(47);
      const context = await browser.newContext({ viewport: { width, height }, colorScheme });
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on("console", (line) => {
        if (line.type() === "error") complaints.push(line.text());
      });
      await page.goto(await tenant.link());
      await shoot(page, `${name}-wallet`);
      await page.getByRole("button", { name: "Buy 500 credits for $9.99" }).click();
      await page.waitForURL(`${shop.simulator.url}/c/pay/**`);
      await page.getByRole("link", { name: "Cancel" }).click();
      await page.getByRole("heading", { name: "You left the checkout" }).waitFor();
      await shoot(page, `${name}-canceled`);
      await page.getByRole("link", { name: "Continue to payment" }).click();
      await page.getByRole("button", { name: "Pay" }).click();
      await page.waitForURL(`${shop.web.url}/wallet/**`);
      expect(await page.locator(".balance").textContent()).toContain("547");
      expect(await page.getByRole("status").textContent()).toContain("500 credits added");
      await shoot(page, `${name}-paid`);
      const overflow = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
      expect(overflow).toBe(0);
      expect(complaints).toEqual([]);
      await context.close();
    },
  );
});
