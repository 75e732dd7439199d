import { newId } from "../ids.js";
import type { CustomerRecord } from "../resources/customer.js";
import type { PaymentIntentRecord } from "../resources/payment-intent.js";
import type { SessionRecord } from "../resources/checkout-session.js";
import { born, type Scene } from "../simulation.js";
import { shownNumber, shownText } from "../store/record-base.js";
import { attemptPayment, openIntent, settlePayment } from "./attempt-payment.js";
import { emit, keep } from "./emit.js";
import { makeMethod } from "./payment-methods.js";

/** What the customer's card does. */
export type Card = "paid" | "declined" | "delayed";

/** How paying a session ended. */
export type PayResult =
  | { readonly ended: "complete"; readonly session: SessionRecord }
  | { readonly ended: "declined"; readonly session: SessionRecord; readonly message: string }
  | { readonly ended: "closed"; readonly session: SessionRecord };

/** The session as it is now, expired if its time has come. */
export function currentSession(scene: Scene, session: SessionRecord): SessionRecord {
  if (session.status !== "open" || session.expiresAt > scene.simulation.now()) return session;
  return expireSession(scene, session);
}

/** Ends an open session without payment. */
export function expireSession(scene: Scene, session: SessionRecord): SessionRecord {
  const expired: SessionRecord = { ...session, status: "expired" };
  keep(scene, expired);
  emit(scene, "checkout.session.expired", expired);
  return expired;
}

function payerOf(scene: Scene, session: SessionRecord): { email: string; name: string | null } {
  const customer = scene.book.find("customer", session.customer ?? "");
  return {
    email: customer?.email ?? session.customerEmail ?? "customer@example.com",
    name: customer?.name ?? null,
  };
}

function customerFor(scene: Scene, session: SessionRecord, email: string): string | null {
  if (session.customer !== null || session.customerCreation !== "always") return session.customer;
  const customer: CustomerRecord = {
    ...born(scene, "cus", 14),
    kind: "customer",
    address: null,
    deleted: false,
    defaultPaymentMethod: null,
    description: null,
    email,
    invoicePrefix: newId("x", 8).slice(2).toUpperCase(),
    livemode: scene.book.livemode,
    metadata: {},
    name: null,
    phone: null,
    preferredLocales: [],
    shipping: null,
    taxExempt: "none",
  };
  keep(scene, customer);
  emit(scene, "customer.created", customer);
  return customer.id;
}

function intentOf(
  scene: Scene,
  session: SessionRecord,
  customer: string | null,
): PaymentIntentRecord {
  const existing = scene.book.find("payment_intent", session.paymentIntent ?? "");
  if (existing) return existing;
  return openIntent(scene, {
    amount: shownNumber(session, "amount_total", session.amountTotal),
    currency: shownText(session, "currency", session.currency),
    customer,
    description: session.paymentIntentData.description,
    metadata: session.paymentIntentData.metadata,
    receiptEmail: session.paymentIntentData.receiptEmail,
    setupFutureUsage: session.paymentIntentData.setupFutureUsage,
  });
}

const behaviourOf = { paid: "succeeds", declined: "declines", delayed: "delayed" } as const;

/** Pays an open session with a card; `delayedOutcome` is what a delayed payment will come to by itself. */
export function paySession(
  scene: Scene,
  given: SessionRecord,
  card: Card,
  delayedOutcome: SessionRecord["delayedOutcome"] = null,
): PayResult {
  const session = currentSession(scene, given);
  if (session.status !== "open") return { ended: "closed", session };
  const payer = payerOf(scene, session);
  if (shownNumber(session, "amount_total", session.amountTotal) === 0) {
    return complete(scene, session, {
      payerEmail: payer.email,
      paymentStatus: "no_payment_required",
    });
  }
  const customer = customerFor(scene, session, payer.email);
  const saves = session.paymentIntentData.setupFutureUsage !== null;
  const method = makeMethod(scene, behaviourOf[card], {
    customer: saves ? customer : null,
    email: payer.email,
  });
  const intent = intentOf(scene, session, customer);
  const attempt = attemptPayment(scene, intent, method, { payer, offSession: false });
  const linked = { ...session, customer, paymentIntent: attempt.intent.id };
  if (attempt.intent.status === "requires_payment_method") {
    const message = attempt.intent.error?.message ?? "Your card was declined.";
    return { ended: "declined", session: keep(scene, linked), message };
  }
  return complete(scene, linked, {
    payerEmail: payer.email,
    paymentStatus: attempt.intent.status === "succeeded" ? "paid" : "unpaid",
    delayedOutcome: card === "delayed" ? delayedOutcome : null,
  });
}

function complete(scene: Scene, session: SessionRecord, facts: Partial<SessionRecord>): PayResult {
  const completed: SessionRecord = { ...session, ...facts, status: "complete" };
  for (const { coupon } of session.discounts) {
    const used = scene.book.find("coupon", coupon);
    if (used) keep(scene, { ...used, timesRedeemed: used.timesRedeemed + 1 });
  }
  keep(scene, completed);
  emit(scene, "checkout.session.completed", completed);
  return { ended: "complete", session: completed };
}

/** Ends the delayed payment of a session; undefined when none is under way. */
export function completeDelayed(
  scene: Scene,
  session: SessionRecord,
  outcome: "succeeded" | "failed",
): SessionRecord | undefined {
  const intent = scene.book.find("payment_intent", session.paymentIntent ?? "");
  if (intent?.status !== "processing") return undefined;
  settlePayment(scene, intent, outcome);
  const settled: SessionRecord = {
    ...session,
    delayedOutcome: null,
    paymentStatus: outcome === "succeeded" ? "paid" : "unpaid",
  };
  keep(scene, settled);
  emit(scene, `checkout.session.async_payment_${outcome}`, settled);
  return settled;
}
