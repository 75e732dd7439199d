import { access, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startWorkers } from "../../src/platform/jobs/start-workers.js";
import type { RunningWorkers } from "../../src/platform/jobs/start-workers.js";
import { queueBackends } from "../support/queue-backends.js";
import { startBackend, type TestBackend } from "../platform/queue/backends.js";
import { silentLog } from "../platform/queue/silent-log.js";
import { until } from "../support/until.js";
import { operatorPassword, type OpsWeb, startOpsWeb, testJobs } from "./ops-web.js";
import { insertQuarantined, insertTroubled } from "./troubled-rows.js";

const executablePath = "/usr/bin/chromium";
const isInstalled = await access(executablePath).then(
  () => true,
  () => false,
);
const title = isInstalled
  ? "operators in a real browser"
  : `operators in a real browser (skipped: ${executablePath} is not installed)`;
/** Set to keep the screenshots and look at them; otherwise they are removed with the test. */
const keepShots = process.env["KEEP_SCREENSHOTS"] === "1";
const flags =
  "--no-sandbox --disable-gpu --disable-dev-shm-usage --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync --disable-extensions";

/** By their icons: remove, edit, duplicate, promote, and the menus of pause, empty, obliterate, add. */
const refusedButtons = ["trash2", "pencil", "files", "chevrons-up", "ellipsis-vertical"]
  .map((icon) => `button:has(.lucide-${icon})`)
  .join(", ");

describe.skipIf(!isInstalled)(title, { timeout: 90_000 }, () => {
  let browser: Browser;
  let folder: string;
  beforeAll(async () => {
    [browser, folder] = await Promise.all([
      chromium.launch({ executablePath, args: flags.split(" ") }),
      mkdtemp(join(tmpdir(), "chargly-ops-")),
    ]);
  });
  afterAll(async () => {
    await browser.close();
    if (!keepShots) await rm(folder, { recursive: true });
  });

  describe.each(queueBackends)("with the queue on %s", (kind) => {
    let backend: TestBackend;
    let web: OpsWeb;
    let workers: RunningWorkers;
    let isBroken = true;
    beforeAll(async () => {
      backend = await startBackend(kind);
      const engine = await backend.engine();
      const jobs = testJobs(async (payment) => {
        if (isBroken) throw new Error(`Stripe does not know ${payment}`);
      });
      workers = await startWorkers({ engine, jobs, ctx: {}, concurrency: 2, log: silentLog });
      const parts = [{ name: "workers", progress: workers.progress }];
      const watched = { jobs, parts };
      web = await startOpsWeb({ engine, databaseUrl: backend.databaseUrl, watched });
      await insertQuarantined(web.ctx.db);
      const reason = "There is no handler for this type yet.";
      await insertTroubled(web.ctx.db, { eventId: "evt_1Unhandled", status: "unhandled", reason });
      await engine.queue("payments").add("payment.settle", { payment: "pi_3BrowserPayment" });
      await until(() => engine.queue("payments").getFailedCount(), { because: "a failed job" });
    });
    afterAll(async () => {
      await workers.stop({ timeoutMs: 2_000 });
      await web.close();
      await backend.stop();
    });

    const shoot = (page: Page, name: string): Promise<Buffer> =>
      page.screenshot({ path: join(folder, `${kind}-${name}.png`), fullPage: true });
    const openPage = async (
      options: Parameters<Browser["newContext"]>[0],
    ): Promise<{ context: BrowserContext; page: Page; complaints: string[] }> => {
      const context = await browser.newContext({
        viewport: { width: 1280, height: 860 },
        ...options,
      });
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on("console", (line) => {
        if (line.type() === "error") complaints.push(line.text());
      });
      page.on("request", (request) => {
        if (!request.url().startsWith(web.url)) complaints.push(`asked ${request.url()}`);
      });
      return { context, page, complaints };
    };
    const logIn = async (page: Page): Promise<void> => {
      await page.getByLabel("Name").fill("operator");
      await page.getByLabel("Password").fill(operatorPassword);
      await page.getByRole("button", { name: "Log in" }).click();
    };

    it.each([
      { name: "desk", javaScriptEnabled: false, colorScheme: "light" as const },
      {
        name: "phone",
        javaScriptEnabled: false,
        colorScheme: "dark" as const,
        viewport: { width: 375, height: 740 },
      },
    ])("log in and read the overview without JavaScript ($name)", async ({ name, ...look }) => {
      const { context, page, complaints } = await openPage(look);
      await page.goto(`${web.url}/ops`);
      await shoot(page, `login-${name}`);
      await logIn(page);
      await page.getByRole("heading", { name: "Operations" }).waitFor();
      expect(new URL(page.url()).pathname).toBe("/ops");
      expect(await page.getByText("The amount at Stripe is $19.99").count()).toBe(1);
      await shoot(page, `overview-${name}`);
      expect(complaints).toEqual([]);
      await page.getByRole("button", { name: "Log out" }).click();
      await page.getByRole("heading", { name: "Operator login" }).waitFor();
      await page.goto(`${web.url}/ops/queues`);
      await page.getByRole("heading", { name: "Operator login" }).waitFor();
      await context.close();
    });

    it("find the failed job in Bull Board, see only what they may do, and retry it", async () => {
      const { context, page, complaints } = await openPage({});
      await page.goto(`${web.url}/ops/queues/queue/payments?status=failed`);
      await logIn(page);
      await page.getByText("payment.settle · pi_3BrowserPayment").first().waitFor();
      await shoot(page, "board-failed");
      const refused = page.locator(refusedButtons).filter({ visible: true });
      expect(await refused.count()).toBe(0);
      await page
        .getByRole("link", { name: /payment\.settle/ })
        .first()
        .click();
      await page
        .getByText(/"pi_3BrowserPayment"|Stripe does not know/)
        .first()
        .waitFor();
      await shoot(page, "board-job");
      expect(await refused.count()).toBe(0);
      isBroken = false;
      await page.locator("button:has(.lucide-refresh-cw)").first().click();
      await page.getByRole("button", { name: /confirm|yes|ok/i }).click();
      await until(() => web.ctx.engine.queue("payments").getCompletedCount(), {
        because: "the job to run again",
      });
      await page.goto(`${web.url}/ops/queues`);
      await page
        .getByRole("link", { name: /payments/ })
        .first()
        .waitFor();
      await shoot(page, "board-home");
      expect(await refused.count()).toBe(0);
      expect(complaints).toEqual([]);
      await context.close();
    });
  });
});
