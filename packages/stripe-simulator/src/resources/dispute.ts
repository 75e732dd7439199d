import type { JsonObject } from "../json.js";
import type { Metadata } from "../params/read.js";
import type { RecordBase } from "../store/record-base.js";

/** Where a dispute stands; the warning statuses are an inquiry, which moves no money. */
export type DisputeStatus =
  | "warning_needs_response"
  | "warning_under_review"
  | "warning_closed"
  | "needs_response"
  | "under_review"
  | "won"
  | "lost";

/** A payment that the cardholder's bank questions. The amount is whole minor units. */
export interface DisputeRecord extends RecordBase {
  readonly kind: "dispute";
  readonly amount: number;
  /** Ids, oldest first: withdrawals are negative, reinstatements positive. */
  readonly balanceTransactions: readonly string[];
  readonly charge: string;
  readonly currency: string;
  readonly evidence: Readonly<Record<string, string>>;
  readonly livemode: boolean;
  readonly metadata: Metadata;
  readonly paymentIntent: string | null;
  readonly reason: string;
  readonly status: DisputeStatus;
  readonly submissionCount: number;
}

const evidenceNames = [
  "access_activity_log",
  "billing_address",
  "cancellation_policy",
  "cancellation_policy_disclosure",
  "cancellation_rebuttal",
  "customer_communication",
  "customer_email_address",
  "customer_name",
  "customer_purchase_ip",
  "customer_signature",
  "duplicate_charge_documentation",
  "duplicate_charge_explanation",
  "duplicate_charge_id",
  "product_description",
  "receipt",
  "refund_policy",
  "refund_policy_disclosure",
  "refund_refusal_explanation",
  "service_date",
  "service_documentation",
  "shipping_address",
  "shipping_carrier",
  "shipping_date",
  "shipping_documentation",
  "shipping_tracking_number",
  "uncategorized_file",
  "uncategorized_text",
] as const;

const responseSeconds = 7 * 86_400;

/** Renders a dispute with its balance transactions, which Stripe embeds. */
export function renderDispute(
  dispute: DisputeRecord,
  balanceTransactions: JsonObject[],
  now: number,
): JsonObject {
  const evidence: JsonObject = { enhanced_evidence: {} };
  for (const name of evidenceNames) evidence[name] = dispute.evidence[name] ?? null;
  const dueBy = dispute.created + responseSeconds;
  return {
    id: dispute.id,
    object: "dispute",
    amount: dispute.amount,
    balance_transactions: balanceTransactions,
    charge: dispute.charge,
    created: dispute.created,
    currency: dispute.currency,
    enhanced_eligibility_types: [],
    evidence,
    evidence_details: {
      due_by: dueBy,
      enhanced_eligibility: {},
      has_evidence: Object.keys(dispute.evidence).length > 0,
      past_due: now > dueBy,
      submission_count: dispute.submissionCount,
      submission_method: dispute.submissionCount > 0 ? "manual" : "not_submitted",
    },
    intended_submission_method: null,
    is_charge_refundable: dispute.status.startsWith("warning"),
    livemode: dispute.livemode,
    metadata: { ...dispute.metadata },
    payment_intent: dispute.paymentIntent,
    payment_method_details: {
      card: {
        brand: "visa",
        case_type: dispute.status.startsWith("warning") ? "inquiry" : "chargeback",
        network: "visa",
        network_reason_code: "10",
      },
      type: "card",
    },
    reason: dispute.reason,
    status: dispute.status,
  };
}
