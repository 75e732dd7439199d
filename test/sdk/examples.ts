import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { publicId } from "../../src/kernel/ids.js";
import { runAgent } from "../../examples/agent-loop.js";
import { report } from "../../examples/queue-producer.js";
import { until } from "../support/until.js";
import { customerOf } from "./customers.js";
import type { ProductShop } from "./shop.js";

const question = "Why is the sky blue?"; // costs one credit

/** The examples, as they stand, against the product. */
export function runsTheExamples(shopOf: () => ProductShop): void {
  const availableOf = async (customerId: string) =>
    (await shopOf().chargly.getWallet(customerId)).available;

  describe("the example of", () => {
    beforeEach(() => {
      vi.stubEnv("CHARGLY_API_KEY", shopOf().stack.apiKey);
      vi.stubEnv("CHARGLY_URL", shopOf().stack.url);
    });
    afterEach(() => {
      vi.unstubAllEnvs();
    });

    it("an Express endpoint answers who can pay, and tells others where to buy", async () => {
      const { app } = await import("../../examples/express-endpoint.js");
      const server = app.listen(0, "127.0.0.1");
      await new Promise((listening) => server.once("listening", listening));
      const { port } = server.address() as AddressInfo;
      const ask = async (customerId: string) => {
        const response = await fetch(`http://127.0.0.1:${port}/ask`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ customerId, question }),
        });
        return [response.status, await response.json()] as const;
      };
      const customerId = await customerOf(shopOf(), 5.5);
      expect(await ask(customerId)).toEqual([200, { text: `You asked: ${question}`, cost: 1 }]);
      expect(await availableOf(customerId)).toBe(4.5);
      expect(await ask(customerId)).toEqual([
        402,
        { missing: 0.5, buyHere: expect.stringMatching(/^http/) },
      ]);
      server.close();
    });

    it("a route handler checks first, and charges then", async () => {
      const { POST } = await import("../../examples/route-handler.js");
      const ask = async (customerId: string) => {
        const body = JSON.stringify({ customerId, question });
        return POST(new Request("http://app.example.com/ask", { method: "POST", body }));
      };
      const customerId = await customerOf(shopOf(), 1);
      expect(await (await ask(customerId)).json()).toMatchObject({ remainingBalance: 0 });
      expect((await ask(customerId)).status).toBe(402);
    });

    it("an agent goes on once somebody has paid", async () => {
      const customerId = await customerOf(shopOf(), 3);
      const steps = ["read", "think", "write"].map((name) => ({ name, credits: 2 }));
      const offers: string[] = [];
      const offer = (checkoutUrl: string): void => {
        offers.push(checkoutUrl);
        void shopOf().pay(checkoutUrl);
      };
      const done = await runAgent(shopOf().chargly, customerId, steps, offer);
      expect([done, offers.length]).toEqual([["read", "think", "write"], 1]);
      expect(await availableOf(customerId)).toBe(497);
    });

    it("a producer is charged by a worker", async () => {
      const { database, projectId } = shopOf().stack;
      const customerId = await customerOf(shopOf(), 10);
      await report(database.url, publicId("project", projectId), customerId);
      await until(async () => (await availableOf(customerId)) === 2, { because: "two images" });
    });
  });
}
