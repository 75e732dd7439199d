import type { JsonObject } from "../json.js";
import type { Metadata } from "../params/read.js";
import type { RecordBase } from "../store/record-base.js";
import type { LineItem } from "./line-item.js";

/** What the session says about the payment intent that it will make. */
export interface PaymentIntentData {
  readonly description: string | null;
  readonly metadata: Metadata;
  readonly receiptEmail: string | null;
  readonly setupFutureUsage: string | null;
}

/** A hosted checkout. Amounts are whole minor units. */
export interface SessionRecord extends RecordBase {
  readonly kind: "checkout.session";
  readonly adaptivePricing: boolean;
  readonly allowPromotionCodes: boolean | null;
  readonly amountDiscount: number;
  readonly amountSubtotal: number;
  readonly amountTotal: number;
  readonly cancelUrl: string | null;
  readonly clientReferenceId: string | null;
  readonly currency: string;
  readonly customer: string | null;
  readonly customerCreation: "always" | "if_required" | null;
  readonly customerEmail: string | null;
  /** The address that the customer typed, once the session is complete. */
  readonly payerEmail: string | null;
  readonly discounts: readonly { readonly coupon: string; readonly promotionCode: string | null }[];
  /** What a delayed payment made on the pay page will come to, or null. */
  readonly delayedOutcome: "succeeded" | "failed" | null;
  readonly expiresAt: number;
  readonly lines: readonly LineItem[];
  /** What the control API wrote over line items, by their ids. */
  readonly lineOverrides: Readonly<Record<string, JsonObject>>;
  readonly livemode: boolean;
  readonly locale: string | null;
  readonly metadata: Metadata;
  readonly paymentIntent: string | null;
  readonly paymentIntentData: PaymentIntentData;
  readonly paymentStatus: "paid" | "unpaid" | "no_payment_required";
  readonly status: "open" | "complete" | "expired";
  readonly submitType: string | null;
  readonly successUrl: string | null;
}

function renderCustomerDetails(session: SessionRecord): JsonObject | null {
  const email = session.payerEmail ?? session.customerEmail;
  if (email === null && session.status !== "complete") return null;
  return {
    address: null,
    business_name: null,
    email,
    individual_name: null,
    name: null,
    phone: null,
    tax_exempt: "none",
    tax_ids: session.status === "complete" ? [] : null,
  };
}

/** What the simulator's sessions have no use for, as Stripe shows it then. */
function renderUnused(): JsonObject {
  return {
    after_expiration: null,
    allowed_payment_method_types: null,
    billing_address_collection: null,
    client_secret: null,
    collected_information: null,
    consent: null,
    consent_collection: null,
    currency_conversion: null,
    custom_fields: [],
    customer_account: null,
    integration_identifier: null,
    invoice: null,
    managed_payments: null,
    origin_context: null,
    payment_link: null,
    payment_method_configuration_details: null,
    permissions: null,
    recovered_from: null,
    saved_payment_method_options: null,
    setup_intent: null,
    shipping_address_collection: null,
    shipping_cost: null,
    shipping_options: [],
    subscription: null,
    wallet_options: null,
    custom_text: {
      after_submit: null,
      shipping_address: null,
      submit: null,
      terms_of_service_acceptance: null,
    },
    invoice_creation: {
      enabled: false,
      invoice_data: {
        account_tax_ids: null,
        custom_fields: null,
        description: null,
        footer: null,
        issuer: null,
        metadata: {},
        rendering_options: null,
      },
    },
  };
}

/** Renders a checkout session. Its line items are left out, as Stripe leaves them out unless expanded. `publicUrl` is where the pay page lives. */
export function renderSession(session: SessionRecord, publicUrl: string): JsonObject {
  return {
    id: session.id,
    object: "checkout.session",
    ...renderUnused(),
    adaptive_pricing: { enabled: session.adaptivePricing },
    allow_promotion_codes: session.allowPromotionCodes,
    amount_subtotal: session.amountSubtotal,
    amount_total: session.amountTotal,
    automatic_tax: { enabled: false, liability: null, provider: null, status: null },
    cancel_url: session.cancelUrl,
    client_reference_id: session.clientReferenceId,
    created: session.created,
    currency: session.currency,
    customer: session.customer,
    customer_creation: session.customerCreation,
    customer_details: renderCustomerDetails(session),
    customer_email: session.customerEmail,
    discounts: session.discounts.map(({ coupon, promotionCode }) => ({
      coupon,
      promotion_code: promotionCode,
    })),
    expires_at: session.expiresAt,
    livemode: session.livemode,
    locale: session.locale,
    metadata: { ...session.metadata },
    mode: "payment",
    payment_intent: session.paymentIntent,
    payment_method_collection: "if_required",
    payment_method_options: { card: { request_three_d_secure: "automatic" } },
    payment_method_types: ["card", "us_bank_account"],
    payment_status: session.paymentStatus,
    phone_number_collection: { enabled: false },
    status: session.status,
    submit_type: session.submitType,
    success_url: session.successUrl,
    total_details: { amount_discount: session.amountDiscount, amount_shipping: 0, amount_tax: 0 },
    ui_mode: "hosted_page",
    url: session.status === "open" ? `${publicUrl}/c/pay/${session.id}` : null,
  };
}
