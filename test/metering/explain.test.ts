import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { micro, wholeCredits } from "../../src/kernel/credits.js";
import { newId, publicId } from "../../src/kernel/ids.js";
import { costShare } from "../../src/metering/cost-basis.js";
import { transactionId } from "../../src/wallets/rules.js";
import { chatTerms } from "../rating/cards.js";
import { type Answer, balanceOf, buy, startTestStack, type TestStack } from "../support/stack.js";
import { until } from "../support/until.js";

type Free = any; // oxlint-disable-line typescript/no-explicit-any -- tests say what they expect of it

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack();
  await must("PUT", "/v1/rate-card", chatTerms);
});
afterAll(() => stack.stop());

async function must(
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
): Promise<Free> {
  const { status, json } = await stack.call(method, path, body, headers);
  expect(status, `${path}: ${JSON.stringify(json)}`).toBeLessThan(300);
  return json;
}
const give = (customer: string, credits: number, reason = "welcome credits") =>
  must("POST", `/v1/wallets/${customer}/grants`, { credits, reason });
const use = (event: Record<string, unknown>) =>
  must("POST", "/v1/usage", event, { prefer: "wait" });
const explain = (id: string): Promise<Answer> =>
  stack.call("GET", `/v1/transactions/${id}/explain`);
const newest = async (customer: string): Promise<Free> =>
  (await must("GET", `/v1/wallets/${customer}/transactions`)).data;
const explainNewest = async (customer: string): Promise<Free> =>
  (await explain((await newest(customer))[0].id)).json;
const buyCredits = async (customer: string, least: number) => {
  const { sessionId } = await buy(stack, customer);
  await stack.simulator.control.pay(sessionId);
  await until(async () => (await balanceOf(stack, customer)) >= least, {
    because: "the pack to arrive",
  });
};

describe("a charge", () => {
  it("is explained by units, prices and version, and by every lot with what its credits cost", async () => {
    await give("ann", 0.25);
    await buyCredits("ann", 500);
    await use({
      id: "ann-1",
      customerId: "ann",
      event: "chat.reply",
      properties: { model: "gpt-x", inputTokens: 1_200, outputTokens: 350 },
      metadata: { conversation: "c_42" },
    });
    const { transactions: ids } = await must("GET", "/v1/usage/ann-1");
    const [first, second] = [(await explain(ids[0])).json, (await explain(ids[1])).json];
    expect(first).toMatchObject({
      sentence:
        "chat.reply with gpt-x cost 0.39 credits by version 1 of the rate card: 0.18 for 1200 inputTokens at 0.15 per 1,000 + 0.21 for 350 outputTokens at 0.6 per 1,000.",
      customerId: "ann",
      transaction: { id: ids[0], kind: "spend", credits: -0.25, lotNo: 1, holdId: null },
      cause: {
        type: "usage",
        hold: null,
        usage: {
          id: "ann-1",
          event: "chat.reply",
          model: "gpt-x",
          properties: { model: "gpt-x", inputTokens: 1_200, outputTokens: 350 },
          metadata: { conversation: "c_42" },
          price: { credits: 0.39, ownPrice: false, rateCardVersion: 1, rounding: "up" },
          shortfall: 0,
          requestId: expect.stringMatching(/^req_/),
          apiKey: { hint: expect.stringContaining(stack.apiKey.slice(-4)) },
          acceptedAt: expect.any(String),
          appliedAt: expect.any(String),
        },
      },
      transactions: [
        {
          id: ids[0],
          moved: 0.25,
          lot: { lotNo: 1, source: "promotion", grantedFor: "welcome credits", price: null },
          cost: null,
        },
        {
          id: ids[1],
          moved: 0.14,
          lot: {
            lotNo: 2,
            source: "purchase",
            grantedFor: "500 credits for $9.99",
            granted: 500,
            purchaseId: expect.stringMatching(/^pur_/),
            price: "$9.99",
          },
          // 9.99 * 0.14 / 500, to the last digit
          cost: { amount: "0.0027972", currency: "usd", display: "$0.002797" },
        },
      ],
    });
    expect(JSON.stringify(first)).not.toContain(stack.apiKey);
    expect(second).toEqual({ ...first, transaction: expect.objectContaining({ id: ids[1] }) });
  });

  it("keeps the version that priced it, whatever was published since, and names a minimum and an own price", async () => {
    await give("bob", 50);
    await use({ id: "bob-1", customerId: "bob", event: "image.generate", quantity: "0.0000" });
    const before = await explainNewest("bob");
    await use({ id: "bob-2", customerId: "bob", event: "anything", credits: "1.5" });
    expect(before.sentence).toBe(
      "image.generate cost 4 credits by version 1 of the rate card: 0 for 0 quantity at 4 + 4 more to reach the minimum.",
    );
    expect((await explainNewest("bob")).sentence).toBe(
      "anything cost 1.5 credits, a price that came with the event.",
    );
    await must("PUT", "/v1/rate-card", {
      events: { "image.generate": { price: { type: "flat", credits: 99 } } },
    });
    const [, image] = await newest("bob");
    expect((await explain(image.id)).json).toEqual(before);
    await must("PUT", "/v1/rate-card", chatTerms);
  });

  it("says what could not be taken, and that a sum was rounded", async () => {
    await give("cat", 0.000002);
    const properties = { model: "gpt-x", inputTokens: "0.015", outputTokens: 0 };
    await use({ id: "cat-1", customerId: "cat", event: "chat.reply", properties });
    const { sentence, cause } = await explainNewest("cat");
    expect(sentence).toBe(
      "chat.reply with gpt-x cost 0.000003 credits by version 3 of the rate card: 0.00000225 for 0.015 inputTokens at 0.15 per 1,000 + 0 for 0 outputTokens at 0.6 per 1,000, rounded up; 0.000001 of it was not there, and is let go.",
    );
    expect(cause.usage.shortfall).toBe(0.000001);
  });

  it("on credit says what is owed, and the next credits say what they paid back", async () => {
    const price = { type: "flat", credits: 5 };
    const shortfall = { policy: "debt", limit: 5 };
    await must("PUT", "/v1/rate-card", { events: { "agent.run": { price, shortfall } } });
    await give("hal", 2);
    await use({ id: "hal-1", customerId: "hal", event: "agent.run" });
    const { sentence, transactions } = await explainNewest("hal");
    expect(sentence).toBe(
      "agent.run cost 5 credits by version 4 of the rate card: 5 each; 3 of it is owed.",
    );
    expect(transactions).toMatchObject([
      { kind: "spend", moved: 2, lotNo: 1 },
      { kind: "overdraft", moved: 3, lotNo: null, lot: null, cost: null },
    ]);
    await give("hal", 10);
    expect((await explainNewest("hal")).sentence).toBe(
      "Given: welcome credits (+10 credits, by an operator); 3 of it paid back what was owed.",
    );
  });

  it("that was paid by a hold names the hold, and when it was placed", async () => {
    await give("dan", 20);
    const hold = await must("POST", "/v1/holds", { customerId: "dan", credits: 10 });
    await use({ id: "dan-1", customerId: "dan", event: "task", credits: 4, holdId: hold.id });
    const { sentence, cause, transaction } = await explainNewest("dan");
    expect(sentence).toMatch(
      /^task cost 4 credits, a price that came with the event; 4 came from what was set aside at \d{4}-\d\d-\d\d \d\d:\d\d UTC\.$/,
    );
    expect(transaction).toMatchObject({ kind: "capture", holdId: hold.id });
    expect(cause.hold).toMatchObject({ id: hold.id, credits: 10, createdAt: hold.createdAt });
  });
});

describe("every other transaction", () => {
  it("is told in one sentence, too", async () => {
    await buyCredits("eve", 500);
    const said = async () => (await explainNewest("eve")).sentence;
    expect(await said()).toBe("Bought 500 credits for $9.99.");
    await give("eve", 1, "a bug report");
    expect(await said()).toBe("Given: a bug report (+1 credit, by an operator).");
    await must("POST", "/v1/wallets/eve/corrections", { credits: -2, reason: "counted twice" });
    expect(await said()).toBe("Corrected: counted twice (-2 credits, by an operator).");
    const hold = await must("POST", "/v1/holds", {
      customerId: "eve",
      credits: 10,
      description: "a long answer",
    });
    expect(await said()).toMatch(
      /^Set 10 credits aside for a long answer, until 20[\d: -]+ UTC\.$/,
    );
    await must("POST", `/v1/holds/${hold.id}/captures`, { credits: 4 });
    expect(await said()).toMatch(
      /^Used 4 credits for a long answer; 4 came from what was set aside at 20[\d: -]+ UTC\.$/,
    );
    await must("POST", `/v1/holds/${hold.id}/release`);
    expect(await said()).toBe("Gave back 6 credits of what was set aside for a long answer.");
  });

  it("that lets credits expire names the grant they were of", async () => {
    await must("POST", "/v1/wallets/fay/grants", {
      credits: 7,
      reason: "a trial",
      expiresInDays: 1,
    });
    const { db } = stack.database;
    await db.transaction(async (trx) => {
      await trx.raw("set local session_replication_role = replica");
      await trx.raw(
        "update lots set expires_at = now() - interval '1 second' where granted = 7000000",
      );
    });
    await give("fay", 1);
    const expired = (await newest("fay")).find(({ kind }: { kind: string }) => kind === "expire");
    const { sentence, cause } = (await explain(expired.id)).json as Free;
    expect(sentence).toMatch(/^7 credits of a trial expired unspent at 20[\d: -]+ UTC\.$/);
    expect(cause).toMatchObject({ type: "expiry", usage: null, hold: null });
  });

  it("does not exist: malformed, of an unknown wallet, or behind the last", async () => {
    await give("gus", 1);
    const [{ id }] = await newest("gus");
    const unknown = transactionId(newId("wallet"), 1n);
    for (const each of ["txn_1", "use_1", unknown, `${id}0`, publicId("wallet", newId("wallet"))])
      expect([each, (await explain(each)).status]).toEqual([each, 404]);
  });
});

describe("the share of a price", () => {
  it("is exact where twelve decimals can say it, in currencies of every kind", () => {
    const share = (amountMinor: bigint, currency: string, part: bigint, whole: bigint) =>
      costShare({ amountMinor, currency }, micro(part), micro(whole));
    expect(share(999n, "usd", 500n, 500n)).toEqual({
      amount: "9.99",
      currency: "usd",
      display: "$9.99",
    });
    expect(share(1_200n, "jpy", 1n, 8n).display).toBe("¥150");
    expect(share(3_500n, "kwd", 1n, 1_000n).amount).toBe("0.0035");
    expect(share(999n, "usd", 0n, 500n).amount).toBe("0");
    expect(share(100n, "usd", 1n, 3n).amount).toBe("0.333333333333");
    expect(share(200n, "usd", 1n, 3n).amount).toBe("0.666666666667");
    expect(share(1_000n, "usd", 1n, 1n).amount).toBe("10");
  });

  it("adds up: the parts of a lot together cost what the lot cost", () => {
    const parts = fc.array(fc.bigInt(1n, 10_000_000n), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(parts, fc.bigInt(1n, 99_999_999n), (amounts, amountMinor) => {
        const whole = micro(amounts.reduce((sum, each) => sum + each, 0n));
        const micros = amounts.map((each) => {
          const { amount } = costShare({ amountMinor, currency: "usd" }, micro(each), whole);
          const [units = "0", decimals = ""] = amount.split(".");
          return BigInt(units) * 10n ** 12n + BigInt(decimals.padEnd(12, "0"));
        });
        const sum = micros.reduce((total, each) => total + each, 0n);
        const drift = sum - amountMinor * 10n ** 10n;
        // Each part is rounded by half a trillionth at most.
        expect(2n * (drift < 0n ? -drift : drift)).toBeLessThanOrEqual(BigInt(amounts.length));
      }),
    );
    expect(() =>
      costShare({ amountMinor: 1n, currency: "usd" }, wholeCredits(1), micro(0n)),
    ).toThrow("some of something");
  });
});
