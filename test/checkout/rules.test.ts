import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findMismatch, nextCheckSeconds, type PaymentFacts } from "../../src/checkout/rules.js";
import { intent, openPurchase, paidFacts } from "./payment-life.js";

const purchase = openPurchase();

describe("comparing what was paid with what was agreed", () => {
  it("finds nothing in a payment as agreed, for any price, whether the session is known yet or not", () => {
    const prices = fc.record({
      amountMinor: fc.bigInt({ min: 1n, max: 99_999_999n }),
      currency: fc.constantFrom("usd", "eur", "jpy", "kwd", "isk"),
    });
    fc.assert(
      fc.property(prices, fc.constantFrom("cs_test_1", null), (price, checkoutSessionId) => {
        const agreed = openPurchase({ price, checkoutSessionId });
        expect(findMismatch(agreed, paidFacts(agreed))).toBeUndefined();
      }),
    );
  });

  it.each<readonly [string, Partial<PaymentFacts>, string]>([
    [
      "account",
      { accountId: "acct_2" },
      "It was paid in the Stripe account acct_2, but agreed in acct_1.",
    ],
    ["mode", { livemode: true }, "It was paid in live mode, but agreed in test mode."],
    ["reference", { purchaseRef: null }, "Its Stripe session names no purchase, not this one."],
    [
      "session",
      { sessionId: "cs_2" },
      "It was paid through the session cs_2, not through its own.",
    ],
    ["currency", { currency: "eur" }, "It was paid in eur, but its price is in usd."],
    ["quantity", { quantity: 3n }, "3 packs were paid for, but one was agreed."],
    ["quantity of none", { quantity: 0n }, "0 packs were paid for, but one was agreed."],
    ["amount", { subtotalMinor: 99n }, "The amount at Stripe is $0.99, but $9.99 was agreed."],
    [
      "discount",
      { discountMinor: 99n, totalMinor: 900n },
      "A discount was applied, but this checkout allowed none.",
    ],
    ["total", { totalMinor: 998n }, "The total at Stripe is not the price less the discount."],
    ["payment", { paymentIntent: null }, "Stripe says it is paid, but names no payment."],
    [
      "sum received",
      { paymentIntent: { ...intent(purchase, "succeeded"), receivedMinor: 1n } },
      "Stripe received $0.01, but the total was $9.99.",
    ],
    [
      "currency received",
      { paymentIntent: { ...intent(purchase, "succeeded"), currency: "eur" } },
      "The payment was made in eur, but the checkout was in usd.",
    ],
    [
      "free payment",
      { payment: "free", paymentIntent: null },
      "Stripe says nothing was due, but the total is not zero.",
    ],
  ])("says in a sentence that the %s differs", (_, changes, sentence) => {
    expect(findMismatch(purchase, paidFacts(purchase, changes))).toBe(sentence);
  });

  it("takes any discount of a checkout that allows promotion codes, and checks what is left", () => {
    const agreed = openPurchase({ allowPromotionCodes: true });
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 998n }), (discountMinor) => {
        const totalMinor = 999n - discountMinor;
        const paymentIntent = { ...intent(agreed, "succeeded"), receivedMinor: totalMinor };
        const facts = paidFacts(agreed, { discountMinor, totalMinor, paymentIntent });
        expect(findMismatch(agreed, facts)).toBeUndefined();
        const less = { ...paymentIntent, receivedMinor: totalMinor - 1n };
        expect(findMismatch(agreed, { ...facts, paymentIntent: less })).toBeDefined();
      }),
    );
  });
});

describe("looking at open purchases by itself", () => {
  it("waits two minutes at first, then longer and longer, and never more than six hours", () => {
    expect([0, 1, 2, 3, 4].map(nextCheckSeconds)).toEqual([120, 480, 1_920, 7_680, 21_600]);
    fc.assert(
      fc.property(fc.nat(), (checks) => {
        const seconds = nextCheckSeconds(checks);
        expect(Number.isInteger(seconds)).toBe(true);
        expect(seconds).toBeLessThanOrEqual(nextCheckSeconds(checks + 1));
        expect(seconds).toBeLessThanOrEqual(21_600);
      }),
    );
  });
});
