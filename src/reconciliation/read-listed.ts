import type Stripe from "stripe";
import { parsePublicId, type PurchaseId } from "../kernel/ids.js";
import { idOf, purchaseMetadataKey } from "../checkout/stripe.js";
import { disputeTotals, refundWithholds } from "../checkout/decide-reversed.js";
import { readDispute, readRefund } from "../checkout/returns/stripe.js";
import type { StripePayment } from "./decide-difference.js";
import type { StripeReturn } from "./decide-return.js";

/** A payment, when its object was made at Stripe, and since when it is paid. */
export interface ListedPayment extends StripePayment {
  readonly createdAt: Date;
  readonly paidAt: Date;
}

/** A refund or dispute, and when it last moved money as far as it tells. */
export interface ListedReturn extends StripeReturn {
  readonly movedAt: Date;
}

export function readListedRefund(refund: Stripe.Refund): ListedReturn {
  return {
    id: refund.id,
    kind: "refund",
    paymentIntentId: idOf(refund.payment_intent),
    withheldMinor: refundWithholds(readRefund(refund)),
    currency: refund.currency,
    movedAt: dateOf(refund.created),
  };
}

export function readListedDispute(dispute: Stripe.Dispute): ListedReturn {
  const moved = disputeTotals(readDispute(dispute));
  const times = [dispute, ...dispute.balance_transactions].map(({ created }) => created);
  return {
    id: dispute.id,
    kind: "dispute",
    paymentIntentId: idOf(dispute.payment_intent),
    withheldMinor: moved === undefined ? null : moved.withdrawnMinor - moved.reinstatedMinor,
    currency: dispute.currency,
    movedAt: dateOf(Math.max(...times)),
  };
}

/** A charge that brought money; `undefined` for one that failed or is under way. List it with its balance transaction. */
export function readCharge(charge: Stripe.Charge): ListedPayment | undefined {
  if (charge.status !== "succeeded" || !charge.captured) return undefined;
  const movement = charge.balance_transaction;
  const paid =
    typeof movement === "object" && movement !== null ? movement.created : charge.created;
  return {
    chargeId: charge.id,
    paymentIntentId: idOf(charge.payment_intent),
    sessionId: null,
    purchaseId: namedPurchase(charge.metadata),
    amountMinor: BigInt(charge.amount_captured),
    currency: charge.currency,
    refundedMinor: BigInt(charge.amount_refunded),
    createdAt: dateOf(charge.created),
    paidAt: dateOf(paid),
  };
}

/** A checkout that was completed and cost nothing; any other one that was paid has a charge, which tells more. */
export function readFreeSession(session: Stripe.Checkout.Session): ListedPayment | undefined {
  if (session.payment_status !== "no_payment_required" || session.status !== "complete")
    return undefined;
  return {
    chargeId: null,
    paymentIntentId: null,
    sessionId: session.id,
    purchaseId: namedPurchase(session.metadata),
    amountMinor: BigInt(session.amount_total ?? 0),
    currency: session.currency ?? "",
    refundedMinor: 0n,
    createdAt: dateOf(session.created),
    paidAt: dateOf(session.created),
  };
}

function namedPurchase(metadata: Stripe.Metadata | null): PurchaseId | null {
  return parsePublicId("purchase", metadata?.[purchaseMetadataKey]) ?? null;
}

export function dateOf(seconds: number): Date {
  return new Date(seconds * 1_000);
}
