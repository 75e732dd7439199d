import { afterAll, beforeAll, describe, it } from "vitest";
import { openProduct, type ProductShop, rates } from "../sdk/shop.js";
import { customerOf } from "../sdk/customers.js";
import { agentsDay } from "./agents-day.js";
import { overHttp, overNewestHttp, overStdio } from "./clients.js";

let shop: ProductShop;
beforeAll(async () => {
  shop = await openProduct();
  await shop.chargly.rateCards.publish(rates);
});
afterAll(() => shop.stop());

describe("an agent's day", () => {
  it.each([
    ["stdio", overStdio],
    ["HTTP, by the protocol of 2025", overHttp],
    ["HTTP, by that of 2026", overNewestHttp],
  ] as const)("over %s", async (_way, connect) => {
    const customerId = await customerOf(shop, 10);
    const order = { customerId, name: "assistant", perCall: 5, total: 100 };
    const { token } = await shop.chargly.agentTokens.create(order);
    const agent = await connect(shop.stack.url, token);
    await agentsDay(agent, shop.pay);
    await agent.client.close();
  });
});
