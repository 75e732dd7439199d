import fc from "fast-check";
import type { DisputeFact, RefundFact, ReturnedMoney } from "../../src/checkout/decide-reversed.js";
import {
  decideSettlement,
  type PaymentFacts,
  type Purchase,
  type PurchaseState,
} from "../../src/checkout/rules.js";
import { type Credits, wholeCredits, zeroCredits } from "../../src/kernel/credits.js";
import { newId, publicId } from "../../src/kernel/ids.js";

/** A purchase of 500 credits for $9.99 with its session at Stripe, not paid yet. */
export function openPurchase(changes: Partial<Purchase> = {}): Purchase {
  return {
    id: newId("purchase"),
    projectId: newId("project"),
    walletId: newId("wallet"),
    creditPackId: newId("creditPack"),
    packName: "500 credits",
    description: "500 credits for $9.99",
    credits: wholeCredits(500),
    price: { amountMinor: 999n, currency: "usd" },
    validityDays: null,
    allowPromotionCodes: false,
    successUrl: null,
    cancelUrl: null,
    accountId: "acct_1",
    livemode: false,
    state: "pending",
    checkoutSessionId: "cs_test_1",
    checkoutUrl: "https://checkout.stripe.com/c/pay/cs_test_1",
    paymentIntentId: null,
    chargeId: null,
    problem: null,
    quarantinedAt: null,
    granted: zeroCredits,
    reversed: zeroCredits,
    reversals: 0,
    disputed: false,
    revision: 0n,
    checks: 0,
    paidAt: null,
    createdAt: new Date(0),
    ...changes,
  };
}

/** What Stripe says of the session of the purchase while nobody has paid it. */
export function openFacts(purchase: Purchase, changes: Partial<PaymentFacts> = {}): PaymentFacts {
  return {
    accountId: purchase.accountId,
    livemode: purchase.livemode,
    sessionId: "cs_test_1",
    sessionStatus: "open",
    payment: "unpaid",
    purchaseRef: publicId("purchase", purchase.id),
    subtotalMinor: purchase.price.amountMinor,
    discountMinor: 0n,
    totalMinor: purchase.price.amountMinor,
    currency: purchase.price.currency,
    quantity: 1n,
    paymentIntent: null,
    chargeId: null,
    returned: null,
    ...changes,
  };
}

/** A charge of the whole price of which nothing has gone back, with what did. */
export function returnedMoney(
  purchase: Purchase,
  changes: Partial<ReturnedMoney> = {},
): ReturnedMoney {
  return {
    chargeId: "ch_1",
    capturedMinor: purchase.price.amountMinor,
    currency: purchase.price.currency,
    refunds: [],
    disputes: [],
    ...changes,
  };
}

export function refundFact(changes: Partial<RefundFact> = {}): RefundFact {
  return {
    id: "re_1",
    amountMinor: 999n,
    currency: "usd",
    status: "succeeded",
    createdAt: new Date(0),
    ...changes,
  };
}

/** A dispute of the whole price that moved as much, in its own currency unless the test says otherwise. */
export function disputeFact(
  moved: readonly bigint[],
  changes: Partial<DisputeFact> = {},
): DisputeFact {
  return {
    id: "du_1",
    amountMinor: 999n,
    currency: "usd",
    status: "needs_response",
    movements: moved.map((amountMinor) => ({ amountMinor, currency: "usd" })),
    createdAt: new Date(0),
    ...changes,
  };
}

export function intent(
  purchase: Purchase,
  status: string,
  failure: string | null = null,
): NonNullable<PaymentFacts["paymentIntent"]> {
  const { amountMinor, currency } = purchase.price;
  const receivedMinor = status === "succeeded" ? amountMinor : 0n;
  return { id: "pi_1", status, receivedMinor, currency, failure };
}

export function paidFacts(purchase: Purchase, changes: Partial<PaymentFacts> = {}): PaymentFacts {
  return openFacts(purchase, {
    sessionStatus: "complete",
    payment: "paid",
    paymentIntent: intent(purchase, "succeeded"),
    chargeId: "ch_1",
    returned: returnedMoney(purchase),
    ...changes,
  });
}

/** All that Stripe says in the course of one payment, in the order in which it becomes true. */
export interface Life {
  readonly facts: readonly PaymentFacts[];
  readonly last: PaymentFacts;
  readonly ends: PurchaseState;
}

const declined = "Your card was declined.";

/** Every way in which a payment of the purchase may go, with up to three declined cards on the way. */
export function lives(purchase: Purchase): fc.Arbitrary<Life> {
  const attempt = intent(purchase, "requires_payment_method", declined);
  const open = openFacts(purchase);
  const tried = openFacts(purchase, { paymentIntent: attempt });
  const delayed = openFacts(purchase, {
    sessionStatus: "complete",
    paymentIntent: intent(purchase, "processing"),
  });
  const failed = { ...delayed, paymentIntent: attempt };
  const canceled = { ...delayed, paymentIntent: intent(purchase, "canceled") };
  const expired = openFacts(purchase, { sessionStatus: "expired" });
  const paid = paidFacts(purchase);
  const ways: readonly (readonly [readonly PaymentFacts[], PaymentFacts, PurchaseState])[] = [
    [[], paid, "paid"],
    [[delayed], paid, "paid"],
    [[delayed], failed, "failed"],
    [[delayed], canceled, "canceled"],
    [[], expired, "expired"],
    [[], tried, "pending"],
    [[], delayed, "processing"],
  ];
  return fc
    .tuple(fc.constantFrom(...ways), fc.integer({ min: 0, max: 3 }))
    .map(([[middle, last, ends], declines]) => ({
      facts: [open, ...Array.from({ length: declines }, () => tried), ...middle, last],
      last,
      ends,
    }));
}

/** The same things said in any order and any number of times, but each at least once. */
export function retold<T>(told: readonly T[]): fc.Arbitrary<readonly T[]> {
  return fc
    .array(fc.constantFrom(...told), { maxLength: 12 })
    .chain((again) =>
      fc.shuffledSubarray([...told, ...again], { minLength: told.length + again.length }),
    );
}

/** The purchase after each look, and every grant that was posted. */
export function settleBy(
  purchase: Purchase,
  facts: readonly PaymentFacts[],
): { readonly purchase: Purchase; readonly grants: readonly Credits[] } {
  const grants: Credits[] = [];
  let current = purchase;
  for (const seen of facts) {
    const { grant, quarantine, ...due } = decideSettlement(current, seen);
    if (grant > 0n) grants.push(grant);
    current = {
      ...current,
      ...due,
      granted: (current.granted + grant) as Credits,
      quarantinedAt: quarantine ? (current.quarantinedAt ?? new Date(0)) : null,
    };
  }
  return { purchase: current, grants };
}
