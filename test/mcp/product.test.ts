import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { invariants } from "../../src/app/invariants.js";
import { checkInvariants } from "../../src/ledger/check-invariants.js";
import { openProduct, type ProductShop, rates } from "../sdk/shop.js";
import { customerOf } from "../sdk/customers.js";
import { agentsDay } from "./agents-day.js";
import { overHttp, overNewestHttp, overStdio } from "./clients.js";
import { operatorsDay, operatorToken } from "./operators-day.js";
import { losesNothing } from "./killed.js";
import { saysWhatIsWrong } from "./program.js";
import { answersWhy } from "./questions.js";
import { refusesWhom } from "./refusals.js";

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

describe("an operator's agent", () => {
  it("gives, freezes, compares and retries over HTTP", async () => {
    const agent = await overHttp(shop.stack.url, await operatorToken(shop));
    await operatorsDay(agent, shop);
    await agent.client.close();
  });

  it("has its tools with a secret key over stdio, when --operator asks for them", async () => {
    const { url, apiKey } = shop.stack;
    const agent = await overStdio(url, apiKey, {}, ["--operator"]);
    const found = await agent.call("list_failed_jobs", { limit: 1 });
    expect(found).toMatchObject({ isError: false, data: { jobs: [] } });
    const { tools } = await agent.client.listTools();
    expect(tools.map(({ name }) => name)).not.toContain("get_wallet");
    await agent.client.close();
  });

  it("sees and does no more than its token names, and agents of wallets none of it", async () => {
    const token = await operatorToken(shop, ["list_failed_jobs"]);
    const agent = await overNewestHttp(shop.stack.url, token);
    const { tools } = await agent.client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(["list_failed_jobs"]);
    await agent.client.close();
    const chargly = shop.clientWith(token);
    const grant = { credits: 1, reason: "for me" };
    await expect(chargly.grantPreviews.create("me", grant)).rejects.toMatchObject({
      code: "forbidden",
    });
    expect(await chargly.failedJobs.list().toArray()).toEqual([]);
    const { token: wallets } = await shop.chargly.agentTokens.create({
      customerId: await customerOf(shop, 1),
      name: "assistant",
      total: 1,
    });
    const own = shop.clientWith(wallets);
    for (const asked of [own.failedJobs.list(), own.reconciliation.discrepancies()])
      await expect(asked.page()).rejects.toMatchObject({ code: "forbidden" });
  });
});

answersWhy(() => shop);
refusesWhom(() => shop);
losesNothing(() => shop);
saysWhatIsWrong(() => shop);

it("keeps the books", async () => {
  const checks = await checkInvariants(shop.stack.ctx.db, { invariants });
  expect(checks.filter(({ offenders }) => offenders > 0)).toEqual([]);
});
