import { refusalCodes } from "@chargly/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { invariants } from "../../src/app/invariants.js";
import { refusals } from "../../src/kernel/refusals.js";
import { checkInvariants } from "../../src/ledger/check-invariants.js";
import { answersFit } from "./answers-fit.js";
import { holdsAsPromised } from "./contract-holds.js";
import { metersAsPromised } from "./contract-metering.js";
import { sellsAsPromised } from "./contract-selling.js";
import { runsTheExamples } from "./examples.js";
import { coversTheContract } from "./operations.js";
import { readmeRuns } from "./readme.js";
import { refusesAsDocumented } from "./refusals/refuses-as-documented.js";
import { survivesKills } from "./killed.js";
import { openProduct, packForSale, type ProductShop } from "./shop.js";

let shop: ProductShop;
beforeAll(async () => {
  shop = await openProduct();
});
afterAll(() => shop.stop());

describe("the product keeps the contract of the SDK:", () => {
  metersAsPromised(() => shop);
  sellsAsPromised(() => shop);
  holdsAsPromised(() => shop);
});

it("refunds a purchase to the cent that its credits are worth", async () => {
  const { chargly, pay } = shop;
  const order = { customerId: "buyer-of-purchases", creditPackCode: packForSale };
  const { checkoutId, checkoutUrl } = await chargly.createCheckout(order);
  await pay(checkoutUrl);
  await chargly.checkouts.wait(checkoutId, { forSeconds: 30 });
  // 50 credits cost 99.9 cents: the cent that is not whole stays, and so do its credits.
  const refund = await chargly.purchases.refund(checkoutId, { credits: 50 });
  expect(refund).toMatchObject({ amount: { amount: 99 }, credits: 49.549549 });
  expect(await chargly.purchases.refunds(checkoutId).toArray()).toHaveLength(1);
});

refusesAsDocumented(() => shop);
survivesKills(() => shop);
runsTheExamples(() => shop);
readmeRuns(() => shop);

it("keeps the books", async () => {
  const checks = await checkInvariants(shop.stack.ctx.db, { invariants });
  expect(checks.filter(({ offenders }) => offenders > 0)).toEqual([]);
});

it("the SDK knows every code of the product, and no other", () => {
  expect([...refusalCodes].sort()).toEqual(Object.keys(refusals).sort());
});

coversTheContract();

it("the product answers what the types of the SDK say", () => answersFit());
