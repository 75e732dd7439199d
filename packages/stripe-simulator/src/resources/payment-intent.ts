import type { JsonObject } from "../json.js";
import type { Metadata } from "../params/read.js";
import type { RecordBase } from "../store/record-base.js";
import type { MethodKind } from "./payment-method.js";

/** Where a payment stands. */
export type PaymentIntentStatus =
  | "requires_payment_method"
  | "requires_confirmation"
  | "requires_action"
  | "processing"
  | "succeeded"
  | "canceled";

/** Why the last attempt failed. */
export interface PaymentError {
  readonly code: string;
  readonly declineCode: string;
  readonly message: string;
  readonly charge: string | null;
  /** The payment method's object as it was then. */
  readonly paymentMethod: JsonObject;
}

/** A payment from intention to money. Amounts are whole minor units. */
export interface PaymentIntentRecord extends RecordBase {
  readonly kind: "payment_intent";
  readonly amount: number;
  readonly amountReceived: number;
  readonly canceledAt: number | null;
  readonly cancellationReason: string | null;
  readonly clientSecret: string;
  readonly currency: string;
  readonly customer: string | null;
  readonly description: string | null;
  readonly error: PaymentError | null;
  readonly latestCharge: string | null;
  readonly livemode: boolean;
  readonly metadata: Metadata;
  readonly method: MethodKind;
  readonly paymentMethod: string | null;
  readonly receiptEmail: string | null;
  readonly setupFutureUsage: string | null;
  readonly status: PaymentIntentStatus;
}

function renderError(error: PaymentError): JsonObject {
  return {
    ...(error.charge === null ? {} : { charge: error.charge }),
    code: error.code,
    decline_code: error.declineCode,
    doc_url: `https://stripe.com/docs/error-codes/${error.code.replaceAll("_", "-")}`,
    message: error.message,
    payment_method: error.paymentMethod,
    type: "card_error",
  };
}

function renderMethodOptions(method: MethodKind): JsonObject {
  if (method === "us_bank_account")
    return { us_bank_account: { verification_method: "automatic" } };
  return {
    card: {
      installments: null,
      mandate_options: null,
      network: null,
      request_three_d_secure: "automatic",
    },
  };
}

/** Renders a payment intent. */
export function renderPaymentIntent(intent: PaymentIntentRecord): JsonObject {
  return {
    id: intent.id,
    object: "payment_intent",
    allowed_payment_method_types: null,
    amount: intent.amount,
    amount_capturable: 0,
    amount_details: { tip: {} },
    amount_received: intent.amountReceived,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: null,
    canceled_at: intent.canceledAt,
    cancellation_reason: intent.cancellationReason,
    capture_method: "automatic_async",
    client_secret: intent.clientSecret,
    confirmation_method: "automatic",
    created: intent.created,
    currency: intent.currency,
    customer: intent.customer,
    customer_account: null,
    description: intent.description,
    excluded_payment_method_types: null,
    last_payment_error: intent.error === null ? null : renderError(intent.error),
    latest_charge: intent.latestCharge,
    livemode: intent.livemode,
    managed_payments: null,
    metadata: { ...intent.metadata },
    next_action:
      intent.status === "requires_action" ? { type: "use_stripe_sdk", use_stripe_sdk: {} } : null,
    on_behalf_of: null,
    payment_method: intent.paymentMethod,
    payment_method_configuration_details: null,
    payment_method_options: renderMethodOptions(intent.method),
    payment_method_types: [intent.method],
    payment_record: null,
    processing: null,
    receipt_email: intent.receiptEmail,
    review: null,
    setup_future_usage: intent.setupFutureUsage,
    shipping: null,
    source: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: intent.status,
    transfer_data: null,
    transfer_group: null,
  };
}
