import { Chargly } from "@chargly/sdk";
import { createFakeChargly, type FakeChargly } from "@chargly/sdk/testing";
import { beforeAll, describe, expect, it } from "vitest";
import { holdsAsPromised } from "./contract-holds.js";
import { metersAsPromised } from "./contract-metering.js";
import { sellsAsPromised } from "./contract-selling.js";
import { packForSale, type Shop } from "./shop.js";

const price = { amount: 999, currency: "usd" };
const creditPacks = { [packForSale]: { name: "500 credits", credits: 500, price } };

let fake: FakeChargly;
beforeAll(async () => {
  fake = await createFakeChargly({ creditPacks });
});

const shop = (): Shop => ({
  chargly: fake.chargly,
  clientWith: (apiKey) => fake.client({ apiKey }),
  client: fake.client,
  fetch: fake.fetch,
  pay: async (checkoutUrl) => fake.pay(checkoutUrl),
  runOut: async () => fake.advance(901),
  stop: async () => undefined,
});

describe("the fake keeps the contract of the SDK:", () => {
  metersAsPromised(shop);
  sellsAsPromised(shop);
  holdsAsPromised(shop);
});

it("starts with the credits and prices it is given, each fake with its own", async () => {
  const rateCard = { events: { "chat.reply": { price: { type: "flat", credits: 2 } } } } as const;
  const { chargly } = await createFakeChargly({ wallets: { ann: 3, bob: "0.5" }, rateCard });
  await chargly.meterEvent({ customerId: "ann", event: "chat.reply" });
  expect((await chargly.getWallet("ann")).available).toBe(1);
  expect((await chargly.getWallet("bob")).available).toBe(0.5);
  expect((await fake.chargly.getWallet("ann")).available).toBe(0);
});

it("can be away, as a server can", async () => {
  const { chargly, client, fetch, goAway } = await createFakeChargly({ wallets: { ann: 3 } });
  goAway(2);
  expect((await chargly.getWallet("ann")).available).toBe(3);
  goAway(9);
  const once = client({ maxRetries: 0 });
  expect(await once.check({ customerId: "ann", credits: 1 })).toMatchObject({ allowed: false });
  goAway(0);
  const other = new Chargly({ apiKey: "chg_test_fake", baseUrl: "http://chargly.test", fetch });
  expect((await other.getWallet("ann")).available).toBe(3);
});
