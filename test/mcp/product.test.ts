import { afterAll, beforeAll, describe, it } from "vitest";
import { openProduct, type ProductShop, rates } from "../sdk/shop.js";
import { customerOf } from "../sdk/customers.js";
import { agentsDay } from "./agents-day.js";
import { overStdio } from "./clients.js";

let shop: ProductShop;
beforeAll(async () => {
  shop = await openProduct();
  await shop.chargly.rateCards.publish(rates);
});
afterAll(() => shop.stop());

describe("an agent's day", () => {
  it("over stdio", async () => {
    const customerId = await customerOf(shop, 10);
    const agent = await overStdio(shop.stack.url, shop.stack.apiKey, {
      CHARGLY_CUSTOMER_ID: customerId,
    });
    await agentsDay(agent, shop.pay);
    await agent.client.close();
  });
});
