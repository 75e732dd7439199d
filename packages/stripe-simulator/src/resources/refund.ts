import type { JsonObject } from "../json.js";
import type { Metadata } from "../params/read.js";
import type { RecordBase } from "../store/record-base.js";

/** Where a refund stands. */
export type RefundStatus = "pending" | "requires_action" | "succeeded" | "failed" | "canceled";

/** Money on its way back. The amount is whole minor units. */
export interface RefundRecord extends RecordBase {
  readonly kind: "refund";
  readonly amount: number;
  readonly balanceTransaction: string | null;
  readonly charge: string;
  readonly currency: string;
  readonly customer: string | null;
  readonly failureBalanceTransaction: string | null;
  readonly failureReason: string | null;
  readonly metadata: Metadata;
  readonly paymentIntent: string | null;
  readonly paymentMethod: string | null;
  readonly reason: string | null;
  readonly status: RefundStatus;
}

/** Whether a refund in this status counts against its charge. */
export function isRefundCounted(status: RefundStatus): boolean {
  return status !== "failed" && status !== "canceled";
}

/** Renders a refund. */
export function renderRefund(refund: RefundRecord): JsonObject {
  const rendered: JsonObject = {
    id: refund.id,
    object: "refund",
    amount: refund.amount,
    balance_transaction: refund.balanceTransaction,
    charge: refund.charge,
    created: refund.created,
    currency: refund.currency,
    customer: refund.customer,
    customer_account: null,
    destination_details: {
      card: {
        reference_status: "pending",
        reference_type: "acquirer_reference_number",
        type: "refund",
      },
      type: "card",
    },
    metadata: { ...refund.metadata },
    payment_intent: refund.paymentIntent,
    payment_method: refund.paymentMethod,
    reason: refund.reason,
    receipt_number: null,
    source_transfer_reversal: null,
    status: refund.status,
    transfer_reversal: null,
  };
  if (refund.status === "pending") rendered["pending_reason"] = "processing";
  if (refund.failureReason !== null) rendered["failure_reason"] = refund.failureReason;
  if (refund.failureBalanceTransaction !== null) {
    rendered["failure_balance_transaction"] = refund.failureBalanceTransaction;
  }
  return rendered;
}
