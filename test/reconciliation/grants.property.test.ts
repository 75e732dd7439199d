import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Credits } from "../../src/kernel/credits.js";
import { decideDifference, unpaidGrant } from "../../src/reconciliation/decide-difference.js";
import { booked, paymentFor, price, projectId } from "./booked.js";

describe("a purchase in quarantine", () => {
  it("differs until all that was paid for it went back", () => {
    fc.assert(
      fc.property(booked, price, price, (purchase, amountMinor, refunded) => {
        const refundedMinor = refunded < amountMinor ? refunded : amountMinor;
        const of = { ...purchase, posted: 0n as Credits, isQuarantined: true };
        const paid = paymentFor(of, { amountMinor, refundedMinor });
        const { difference, canHeal } = decideDifference(paid, of, projectId);
        expect(difference?.class).toBe(refundedMinor < amountMinor ? "amount_mismatch" : undefined);
        expect(canHeal).toBe(false);
      }),
    );
  });
});

describe("a double grant", () => {
  it("says the same whichever charge led to it", () => {
    fc.assert(
      fc.property(booked, price, price, (purchase, one, other) => {
        const of = { ...purchase, posted: (purchase.credits * 2n) as Credits };
        const found = [one, other].map((amountMinor, n) =>
          decideDifference(paymentFor(of, { amountMinor, chargeId: `ch_${n}` }), of, projectId),
        );
        expect(found[0]).toEqual(found[1]);
      }),
    );
  });
});

describe("a grant without a payment", () => {
  it("names what there should be a payment under, and all that was granted", () => {
    const name = fc.option(fc.constantFrom("pi_1", "cs_1"));
    fc.assert(
      fc.property(booked, name, name, (purchase, paymentIntentId, sessionId) => {
        const found = unpaidGrant({ ...purchase, paymentIntentId, sessionId });
        expect(found).toMatchObject({
          class: "unpaid_grant",
          stripeObject: paymentIntentId ?? sessionId,
          expectedCredits: 0n,
          actualCredits: purchase.posted,
        });
      }),
    );
  });
});
