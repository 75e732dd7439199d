import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { invariants } from "../../src/app/invariants.js";
import { checkInvariants } from "../../src/ledger/check-invariants.js";
import { queueBackends } from "../support/queue-backends.js";
import { balanceOf, buy, startTestStack, type TestStack } from "../support/stack.js";
import { until } from "../support/until.js";

describe.each(queueBackends)("buying credits, queue on %s", (queue) => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await startTestStack({ queue });
  });
  afterAll(() => stack.stop());

  it("takes a wallet from 47 to 547 when the webhook says that the pack was paid", async () => {
    const granted = await stack.call("POST", "/v1/wallets/user_123/grants", {
      credits: 47,
      reason: "welcome",
    });
    expect(granted.status).toBe(201);
    const { id, sessionId } = await buy(stack);
    await stack.simulator.control.pay(sessionId, { card: "paid" });
    await until(async () => (await balanceOf(stack)) === 547, { because: "547 credits" });
    const checkout = await stack.call("GET", `/v1/checkouts/${id}?wait=20`);
    expect(checkout.json).toMatchObject({ id, status: "paid", credits: 500, problem: null });
    const lines = await stack.call("GET", "/v1/wallets/user_123/transactions");
    expect(lines.json["data"]).toMatchObject([
      { seq: 2, credits: 500, description: "Bought 500 credits for $9.99" },
      { seq: 1, credits: 47, description: "Given: welcome" },
    ]);
  });

  it("keeps the books", async () => {
    const broken = (await checkInvariants(stack.ctx.db, { invariants })).filter(
      (check) => check.offenders > 0,
    );
    expect(broken).toEqual([]);
  });
});
