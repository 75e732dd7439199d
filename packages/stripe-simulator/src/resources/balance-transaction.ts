import type { JsonObject } from "../json.js";
import type { RecordBase } from "../store/record-base.js";

/** The kinds of movement of the balance that the simulator makes. */
export type BalanceTransactionType =
  | "charge"
  | "payment"
  | "refund"
  | "refund_failure"
  | "adjustment";

/** One movement of the Stripe balance. Amounts are whole minor units. */
export interface BalanceTransactionRecord extends RecordBase {
  readonly kind: "balance_transaction";
  readonly amount: number;
  readonly availableOn: number;
  readonly currency: string;
  readonly description: string | null;
  readonly fee: number;
  readonly feeDescription: string;
  readonly reportingCategory: string;
  readonly source: string | null;
  readonly type: BalanceTransactionType;
}

/** Renders a balance transaction. */
export function renderBalanceTransaction(entry: BalanceTransactionRecord, now: number): JsonObject {
  const fees: JsonObject = {
    amount: entry.fee,
    application: null,
    currency: entry.currency,
    description: entry.feeDescription,
    type: "stripe_fee",
  };
  return {
    id: entry.id,
    object: "balance_transaction",
    amount: entry.amount,
    available_on: entry.availableOn,
    balance_type: "payments",
    created: entry.created,
    currency: entry.currency,
    description: entry.description,
    exchange_rate: null,
    fee: entry.fee,
    fee_details: entry.fee === 0 ? [] : [fees],
    net: entry.amount - entry.fee,
    reporting_category: entry.reportingCategory,
    source: entry.source,
    status: entry.availableOn <= now ? "available" : "pending",
    type: entry.type,
  };
}
