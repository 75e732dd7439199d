import type { JsonObject } from "../json.js";
import type { Metadata } from "../params/read.js";
import type { RecordBase } from "../store/record-base.js";
import { type MethodKind, renderMethodDetails } from "./payment-method.js";

/** Why a charge failed. */
export interface ChargeFailure {
  readonly code: string;
  readonly declineCode: string;
  readonly message: string;
}

/** An attempt to move money. Amounts are whole minor units. */
export interface ChargeRecord extends RecordBase {
  readonly kind: "charge";
  readonly amount: number;
  readonly amountRefunded: number;
  readonly balanceTransaction: string | null;
  readonly billingEmail: string | null;
  readonly billingName: string | null;
  readonly currency: string;
  readonly customer: string | null;
  readonly description: string | null;
  readonly disputed: boolean;
  readonly failure: ChargeFailure | null;
  readonly fraudReport: string | null;
  readonly livemode: boolean;
  readonly metadata: Metadata;
  readonly method: MethodKind;
  readonly paymentIntent: string | null;
  readonly paymentMethod: string | null;
  readonly receiptEmail: string | null;
  readonly status: "succeeded" | "pending" | "failed";
}

const emptyAddress: JsonObject = {
  city: null,
  country: null,
  line1: null,
  line2: null,
  postal_code: null,
  state: null,
};

function renderOutcome(charge: ChargeRecord): JsonObject {
  const failure = charge.failure;
  return {
    advice_code: failure ? "try_again_later" : null,
    network_advice_code: null,
    network_decline_code: failure ? "05" : null,
    network_status: failure ? "declined_by_network" : "approved_by_network",
    reason: failure ? failure.declineCode : null,
    risk_level: "normal",
    risk_score: 7,
    seller_message: failure ? "The bank did not accept the payment." : "Payment complete.",
    type: failure ? "issuer_declined" : "authorized",
  };
}

/** Renders a charge. Its refunds are left out, as Stripe leaves them out unless expanded. */
export function renderCharge(charge: ChargeRecord): JsonObject {
  const succeeded = charge.status === "succeeded";
  return {
    id: charge.id,
    object: "charge",
    amount: charge.amount,
    amount_captured: succeeded ? charge.amount : 0,
    amount_refunded: charge.amountRefunded,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: charge.balanceTransaction,
    billing_details: {
      address: { ...emptyAddress },
      email: charge.billingEmail,
      name: charge.billingName,
      phone: null,
      tax_id: null,
    },
    calculated_statement_descriptor: "STRIPE SIMULATOR",
    captured: succeeded,
    created: charge.created,
    currency: charge.currency,
    customer: charge.customer,
    description: charge.description,
    disputed: charge.disputed,
    failure_balance_transaction: null,
    failure_code: charge.failure?.code ?? null,
    failure_message: charge.failure?.message ?? null,
    fraud_details: charge.fraudReport === null ? {} : { stripe_report: charge.fraudReport },
    livemode: charge.livemode,
    metadata: { ...charge.metadata },
    on_behalf_of: null,
    outcome: charge.status === "pending" ? null : renderOutcome(charge),
    paid: charge.status !== "failed",
    payment_intent: charge.paymentIntent,
    payment_method: charge.paymentMethod,
    payment_method_details: renderMethodDetails(charge.method, charge.amount),
    radar_options: {},
    receipt_email: charge.receiptEmail,
    receipt_number: null,
    receipt_url: null,
    refunded: charge.amountRefunded >= charge.amount && charge.amount > 0,
    review: null,
    shipping: null,
    source: null,
    source_transfer: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: charge.status,
    transfer_data: null,
    transfer_group: null,
  };
}
