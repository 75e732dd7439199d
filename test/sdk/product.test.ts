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
import { survivesKills } from "./killed.js";
import { openProduct, type ProductShop } from "./shop.js";

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

survivesKills(() => shop);
runsTheExamples(() => shop);

it("keeps the books", async () => {
  const checks = await checkInvariants(shop.stack.ctx.db, { invariants });
  expect(checks.filter(({ offenders }) => offenders > 0)).toEqual([]);
});

it("the SDK knows every code of the product, and no other", () => {
  expect([...refusalCodes].sort()).toEqual(Object.keys(refusals).sort());
});

it("the product answers what the types of the SDK say", () => answersFit());
