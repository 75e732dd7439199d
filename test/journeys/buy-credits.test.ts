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
    const { chargly } = stack;
    await chargly.wallets.grant("user_123", { credits: 47, reason: "welcome" });
    const { id, sessionId } = await buy(stack);
    await stack.simulator.control.pay(sessionId, { card: "paid" });
    await until(async () => (await balanceOf(stack)) === 547, { because: "547 credits" });
    const checkout = await chargly.checkouts.wait(id, { forSeconds: 20 });
    expect(checkout).toMatchObject({ id, status: "paid", credits: 500, problem: null });
    expect(await chargly.transactions.list("user_123").toArray()).toMatchObject([
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
