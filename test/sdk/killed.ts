import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Chargly } from "@chargly/sdk";
import { afterAll, describe, expect, it } from "vitest";
import { killAll, startProgram, startRole } from "../support/processes.js";
import { aRandomMoment } from "../support/random-moment.js";
import { until } from "../support/until.js";
import { balance, customerOf } from "./customers.js";
import type { ProductShop } from "./shop.js";

const program = fileURLToPath(new URL("victim.ts", import.meta.url));

/** What a process leaves that is killed with credits in its hands. */
export function survivesKills(shopOf: () => ProductShop): void {
  const victim = (...args: readonly string[]) => {
    const { url, apiKey } = shopOf().stack;
    const env = { CHARGLY_URL: url, CHARGLY_API_KEY: apiKey };
    return startProgram("--import", [import.meta.resolve("tsx"), program, ...args], env);
  };
  const walletOf = (customerId: string) => shopOf().chargly.getWallet(customerId);

  describe("a process that is killed", () => {
    afterAll(() => killAll());

    it("between hold and capture: the hold ends by its time, and nothing is lost", async () => {
      const customerId = await customerOf(shopOf(), 10);
      const { kill } = await victim("hold", customerId);
      expect(await walletOf(customerId)).toMatchObject(balance(5, 5));
      await kill();
      expect(await walletOf(customerId)).toMatchObject(balance(5, 5));
      await shopOf().runOut(customerId);
      await until(async () => (await walletOf(customerId)).held === 0, {
        because: "the hold's end",
      });
      expect(await walletOf(customerId)).toMatchObject(balance(10));
    });

    it("and is the web process: the same calls go on with the next, and each work is charged once", async () => {
      const { env, apiKey } = shopOf().stack;
      const customerId = await customerOf(shopOf(), 40);
      let web = await startRole("web", env);
      const { url: baseUrl } = web;
      const again = () => startRole("web", { ...env, PORT: new URL(baseUrl).port });
      const chargly = new Chargly({ apiKey, baseUrl, maxRetries: 12 });
      let working = 0;
      let goOn = (): void => undefined;
      const gone = new Promise<void>((done) => {
        goOn = done;
      });
      const work = (wait: Promise<void>) =>
        chargly.withHold(customerId, { max: 2 }, async ({ use }) => {
          use(1);
          working++;
          await wait;
        });
      // Between hold and capture.
      const held = Array.from({ length: 10 }, () => work(gone));
      await until(() => working === 10, { because: "ten holds" });
      expect(await walletOf(customerId)).toMatchObject(balance(20, 20));
      await web.kill();
      goOn();
      web = await again();
      await Promise.all(held);
      expect(await walletOf(customerId)).toMatchObject(balance(30));
      // At any moment.
      const others = Array.from({ length: 10 }, () => work(Promise.resolve()));
      await aRandomMoment(80);
      await web.kill();
      await again();
      await Promise.all(others);
      expect(await walletOf(customerId)).toMatchObject(balance(20));
    });

    it("while it sends what it recorded: the next one sends the rest, and each is charged once", async () => {
      const customerId = await customerOf(shopOf(), 10);
      const folder = await mkdtemp(join(tmpdir(), "chargly-sdk-"));
      const spoolFile = join(folder, "usage.ndjson");
      const { kill } = await victim("record", customerId, spoolFile);
      await kill();
      const { url: baseUrl, apiKey } = shopOf().stack;
      const left = (await readFile(spoolFile, "utf8")).split("\n").length - 1;
      expect(left).toBeGreaterThan(0);
      const { usage } = new Chargly({ apiKey, baseUrl, record: { spoolFile } });
      await usage.close();
      expect(await readFile(spoolFile, "utf8")).toBe("");
      await until(async () => (await walletOf(customerId)).available === 8, {
        because: "2,000 events of 0.001 credits",
      });
      expect((await usage.summary({ customerId })).total).toEqual({ events: 2_000, credits: 2 });
      await rm(folder, { recursive: true });
    });
  });
}
