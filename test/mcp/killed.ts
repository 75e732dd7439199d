import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { expect, it } from "vitest";
import { balance, customerOf } from "../sdk/customers.js";
import type { ProductShop } from "../sdk/shop.js";
import { bundled } from "../support/programs.js";
import { until } from "../support/until.js";

const program = fileURLToPath(new URL("../../packages/mcp/test/seller.ts", import.meta.url));

/** What a server of paid tools leaves that is killed between hold and capture. */
export function losesNothing(shopOf: () => ProductShop): void {
  it("a server of paid tools that is killed at work: the hold ends by its time, and nothing is lost", async () => {
    const { stack, chargly, runOut } = shopOf();
    const customerId = await customerOf(shopOf(), 10);
    const { url, apiKey } = stack;
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [await bundled(program)],
      env: { CHARGLY_URL: url, CHARGLY_API_KEY: apiKey, CUSTOMER: customerId },
    });
    const client = new Client({ name: "test", version: "1" });
    await client.connect(transport);
    const called = client.callTool({ name: "dig", arguments: {} }).catch(String);
    const walletOf = () => chargly.getWallet(customerId);
    await until(async () => (await walletOf()).held === 5, { because: "the hold" });
    process.kill(transport.pid ?? 0, "SIGKILL");
    expect(await called).toMatch(/closed/i);
    expect(await walletOf()).toMatchObject(balance(5, 5));
    await runOut(customerId);
    await until(async () => (await walletOf()).held === 0, { because: "the hold's end" });
    expect(await walletOf()).toMatchObject(balance(10));
  });
}
