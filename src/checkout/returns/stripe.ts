import type Stripe from "stripe";
import type { DisputeFact, RefundFact } from "../decide-reversed.js";

/** Stripe's refund in our words. A status that it leaves out is one that no rule knows. */
export function readRefund(refund: Stripe.Refund): RefundFact {
  return {
    id: refund.id,
    amountMinor: BigInt(refund.amount),
    currency: refund.currency,
    status: refund.status ?? "unknown",
    createdAt: new Date(refund.created * 1_000),
  };
}

/** Stripe's dispute in our words. Its balance transactions are always embedded, all of them. */
export function readDispute(dispute: Stripe.Dispute): DisputeFact {
  return {
    id: dispute.id,
    amountMinor: BigInt(dispute.amount),
    currency: dispute.currency,
    status: dispute.status,
    movements: dispute.balance_transactions.map(({ amount, currency }) => ({
      amountMinor: BigInt(amount),
      currency,
    })),
    createdAt: new Date(dispute.created * 1_000),
  };
}
