import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decideSettlement, type PaymentFacts } from "../../src/checkout/rules.js";
import type { Credits } from "../../src/kernel/credits.js";
import {
  disputeFact,
  intent,
  lives,
  openFacts,
  openPurchase,
  paidFacts,
  refundFact,
  retold,
  returnedMoney,
  settleBy,
} from "./payment-life.js";

const purchase = openPurchase();
const paid = paidFacts(purchase);

describe("deciding what a payment gives", () => {
  it("grants a paid purchase once, in whatever order and however often its facts are seen", () => {
    const told = lives(purchase)
      .filter(({ ends }) => ends === "paid")
      .chain(({ facts }) => retold(facts));
    fc.assert(
      fc.property(told, (facts) => {
        const settled = settleBy(purchase, facts);
        expect(settled.grants).toEqual([purchase.credits]);
        expect(settled.purchase).toMatchObject({ state: "paid", problem: null });
      }),
    );
  });

  it("ends as Stripe's last word says, whatever was seen before, and gives nothing unless it is paid", () => {
    const told = lives(purchase).chain((life) =>
      retold(life.facts).map((facts) => ({ ...life, facts: [...facts, life.last] })),
    );
    fc.assert(
      fc.property(told, ({ facts, ends }) => {
        const settled = settleBy(purchase, facts);
        expect(settled.purchase.state).toBe(ends);
        expect(settled.grants).toEqual(ends === "paid" ? [purchase.credits] : []);
      }),
    );
  });

  it("changes nothing when it sees the same facts twice", () => {
    fc.assert(
      fc.property(lives(purchase), ({ facts }) => {
        const once = settleBy(purchase, facts).purchase;
        const last = facts.slice(-1);
        expect(settleBy(once, last)).toEqual({ purchase: once, grants: [] });
      }),
    );
  });

  it("keeps a payment that does not match in quarantine, whatever Stripe says before or after", () => {
    const changes: fc.Arbitrary<Partial<PaymentFacts>> = fc.constantFrom(
      { subtotalMinor: 1n },
      { totalMinor: 998n },
      { currency: "eur" },
      { currency: "" },
      { quantity: 2n },
      { accountId: "acct_2" },
      { livemode: true },
      { purchaseRef: null },
      { sessionId: "cs_test_2" },
      { discountMinor: 100n, totalMinor: 899n },
      { paymentIntent: null },
      { paymentIntent: { ...intent(purchase, "succeeded"), receivedMinor: 998n } },
      { paymentIntent: { ...intent(purchase, "succeeded"), currency: "" } },
      { payment: "free", paymentIntent: null },
    );
    const told = fc.tuple(lives(purchase), changes).chain(([{ facts }, change]) => {
      const before = facts.filter(({ payment }) => payment === "unpaid");
      return fc.tuple(
        fc.constant({ ...paid, ...change }),
        retold(before),
        retold([...before, paid]),
      );
    });
    fc.assert(
      fc.property(told, ([wrong, before, after]) => {
        const settled = settleBy(purchase, [...before, wrong, ...after]);
        expect(settled.grants).toEqual([]);
        expect(settled.purchase.quarantinedAt).not.toBeNull();
        expect(settled.purchase.problem).toMatch(/^[A-Z0-9].{10,}\.$/);
      }),
    );
  });

  it("never grants again nor takes a grant back, whatever Stripe says later of the payment itself", () => {
    const states = fc.constantFrom("paid", "partially_refunded", "refunded" as const);
    fc.assert(
      fc.property(states, lives(purchase), (state, { facts }) => {
        const settled = openPurchase({ ...purchase, state, granted: purchase.credits });
        const unpaid = facts.filter(({ payment }) => payment === "unpaid");
        expect(settleBy(settled, unpaid)).toEqual({ purchase: settled, grants: [] });
        expect(settleBy(settled, facts)).toMatchObject({
          purchase: { granted: purchase.credits },
          grants: [],
        });
      }),
    );
  });

  const settled = openPurchase({ ...purchase, state: "paid", granted: purchase.credits });
  const halfBack = returnedMoney(purchase, { refunds: [refundFact({ amountMinor: 333n })] });
  const third = ((purchase.credits * 333n) / 999n) as Credits;

  it("grants and takes back at once what was paid and refunded before anybody looked", () => {
    expect(decideSettlement(purchase, { ...paid, returned: halfBack })).toEqual({
      state: "partially_refunded",
      grant: purchase.credits,
      reversed: third,
      disputed: false,
      problem: null,
      quarantine: false,
    });
  });

  it("takes nothing back of a payment that is not the purchase's own", () => {
    const allBack = returnedMoney(purchase, { refunds: [refundFact()] });
    for (const change of [{ accountId: "acct_2" }, { livemode: true }, { sessionId: "cs_test_2" }])
      expect(decideSettlement(settled, { ...paid, returned: allBack, ...change })).toMatchObject({
        state: "paid",
        reversed: 0n,
      });
  });

  it("takes nothing back of a purchase in quarantine, which gave nothing", () => {
    const held = openPurchase({ ...purchase, quarantinedAt: new Date(0), problem: "Too little." });
    expect(decideSettlement(held, { ...paid, returned: halfBack })).toMatchObject({
      grant: 0n,
      reversed: 0n,
      problem: "Too little.",
      quarantine: true,
    });
  });

  describe("of money that went back in a way that has no rule", () => {
    const odd = returnedMoney(purchase, { refunds: [refundFact({ status: "reversed" })] });

    it("holds back what was not granted yet", () => {
      expect(decideSettlement(purchase, { ...paid, returned: odd })).toMatchObject({
        state: "pending",
        grant: 0n,
        quarantine: true,
        problem: expect.stringContaining('re_1 is "reversed"'),
      });
    });

    it("leaves what was granted and taken back as it is, says so, and stops saying so once it is clear", () => {
      const before = { ...settled, state: "partially_refunded", reversed: third } as const;
      const unclear = settleBy(openPurchase(before), [{ ...paid, returned: odd }]).purchase;
      expect(unclear).toMatchObject({ state: "partially_refunded", reversed: third });
      expect(unclear.problem).toContain("re_1");
      const clear = settleBy(unclear, [{ ...paid, returned: halfBack }]).purchase;
      expect(clear).toMatchObject({ reversed: third, problem: null });
    });
  });

  it("says that a purchase is disputed as long as a dispute withholds money", () => {
    const look = (moved: readonly bigint[], state = settled) =>
      settleBy(state, [
        { ...paid, returned: returnedMoney(purchase, { disputes: [disputeFact(moved)] }) },
      ]).purchase;
    const taken = look([-999n]);
    expect(taken).toMatchObject({ state: "paid", disputed: true, reversed: purchase.credits });
    expect(look([-999n, 999n], taken)).toMatchObject({ disputed: false, reversed: 0n });
  });

  it("credits paid facts in every state that is not settled yet", () => {
    const states = ["created", "pending", "processing", "failed", "expired", "canceled"] as const;
    for (const state of states)
      expect(decideSettlement({ ...purchase, state }, paid)).toMatchObject({
        state: "paid",
        grant: purchase.credits,
      });
  });

  it("gives a free checkout's credits when it is complete, and not while it is open", () => {
    const discounted = openPurchase({ ...purchase, allowPromotionCodes: true });
    const free = openFacts(discounted, { payment: "free", discountMinor: 999n, totalMinor: 0n });
    expect(decideSettlement(discounted, free)).toMatchObject({ state: "pending", grant: 0n });
    expect(decideSettlement(discounted, { ...free, sessionStatus: "complete" })).toMatchObject({
      state: "paid",
      grant: purchase.credits,
    });
  });
});
