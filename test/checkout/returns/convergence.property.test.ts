import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deliver, eventsOf, expectCleanBooks } from "../../journeys/payment-scene.js";
import { queueBackends } from "../../support/queue-backends.js";
import type { TestStack } from "../../support/stack.js";
import { goneAtStripe, inOrder, lifePrice, live, namedLives, returnLives } from "./return-life.js";
import {
  inboxDone,
  paidCheckout,
  returnedRow,
  startReturnsStack,
  walletOf,
} from "./returns-scene.js";

describe.each(queueBackends)("a payment's refunds and disputes, queue on %s", (queue) => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await startReturnsStack(queue);
  });
  afterAll(() => stack.stop());

  it("end in the same ledger in whatever order and however often their events arrive", async () => {
    const seen = { reversed: 0, owed: 0, disputed: 0, refunded: 0, givenBack: 0 };
    await fc.assert(
      fc.asyncProperty(returnLives, async ({ acts, order, atOnce }) => {
        const checkout = await paidCheckout(stack, { creditPackCode: "hundred" });
        const { spent } = await live(stack, checkout, acts);
        const events = inOrder(await eventsOf(stack, checkout), order);
        if (atOnce) await Promise.all(events.map((event) => deliver(stack, event)));
        else
          for (const event of events) {
            await deliver(stack, event);
            await inboxDone(stack);
          }
        await inboxDone(stack);

        const { refunded, withheld } = await goneAtStripe(stack, checkout);
        const gone = Math.min(lifePrice, refunded + withheld);
        const row = await returnedRow(stack, checkout);
        expect(row).toMatchObject({
          state: refunded === 0 ? "paid" : refunded < lifePrice ? "partially_refunded" : "refunded",
          granted: BigInt(lifePrice) * 1_000_000n,
          reversed: BigInt(gone) * 1_000_000n,
          disputed: withheld > 0,
          problem: null,
        });
        const wallet = await walletOf(stack, checkout);
        const total = lifePrice - gone - spent;
        expect(wallet).toEqual({
          available: Math.max(0, total),
          held: 0,
          debt: Math.max(0, -total),
          total,
        });
        seen.reversed += Number(gone > 0);
        seen.owed += Number(total < 0);
        seen.disputed += Number(withheld > 0);
        seen.refunded += Number(refunded === lifePrice);
        seen.givenBack += Number(row.reversals > 1);
      }),
      { numRuns: 25, examples: namedLives.map((life) => [life]) },
    );
    await expectCleanBooks(stack);
    for (const [what, count] of Object.entries(seen))
      expect([what, count > 0]).toEqual([what, true]);
  }, 240_000);
});
