import fc from "fast-check";
import type { Credits } from "../../src/kernel/credits.js";
import { newId } from "../../src/kernel/ids.js";
import type { BookedPayment, StripePayment } from "../../src/reconciliation/decide-difference.js";

export const projectId = newId("project");
export const price = fc.bigInt({ min: 1n, max: 99_999n });
const credits = fc.bigInt({ min: 1n, max: 10n ** 12n }).map((amount) => amount as Credits);

/** A purchase in our books, granted once or twice. */
export const booked = fc
  .record({ priceMinor: price, credits, allowPromotionCodes: fc.boolean(), twice: fc.boolean() })
  .map(
    ({ twice, ...terms }): BookedPayment => ({
      ...terms,
      purchaseId: newId("purchase"),
      projectId,
      walletId: newId("wallet"),
      currency: "usd",
      isQuarantined: false,
      problem: null,
      sessionId: "cs_1",
      paymentIntentId: "pi_1",
      posted: (twice ? terms.credits * 2n : terms.credits) as Credits,
    }),
  );

/** A payment as agreed, unless told otherwise. */
export function paymentFor(
  { priceMinor }: BookedPayment,
  more: Partial<StripePayment> = {},
): StripePayment {
  return {
    chargeId: "ch_1",
    paymentIntentId: "pi_1",
    sessionId: null,
    purchaseId: null,
    amountMinor: priceMinor,
    currency: "usd",
    refundedMinor: 0n,
    ...more,
  };
}
