import { createHmac, randomBytes } from "node:crypto";

/** The body of one delivery, about 3 KB, laid out as Stripe lays it out. */
export function completedEventBody(eventId: string, sessionId: string): string {
  return JSON.stringify(completedEvent(eventId, sessionId), null, 2);
}

/** The `Stripe-Signature` header for a body, signed now. */
export function signatureHeader(body: string, secret: string): string {
  const atSeconds = Math.floor(Date.now() / 1_000);
  const signature = createHmac("sha256", secret).update(`${atSeconds}.${body}`).digest("hex");
  return `t=${atSeconds},v1=${signature}`;
}

export function newStripeId(prefix: string): string {
  return `${prefix}_${randomBytes(12).toString("hex")}`;
}

function completedEvent(eventId: string, sessionId: string): object {
  const createdSeconds = Math.floor(Date.now() / 1_000);
  return {
    id: eventId,
    object: "event",
    api_version: "2026-10-28.endive",
    created: createdSeconds,
    data: { object: completedSession(sessionId, createdSeconds) },
    livemode: false,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    type: "checkout.session.completed",
  };
}

function completedSession(sessionId: string, createdSeconds: number): object {
  return {
    id: sessionId,
    object: "checkout.session",
    adaptive_pricing: { enabled: false },
    after_expiration: null,
    allow_promotion_codes: null,
    amount_subtotal: 999,
    amount_total: 999,
    automatic_tax: { enabled: false, liability: null, provider: null, status: null },
    billing_address_collection: null,
    cancel_url: "https://app.example.com/credits",
    client_reference_id: "pur_01kaqpz6x3e7qb9w1m5v8c2d4f",
    client_secret: null,
    collected_information: { business_name: null, individual_name: null, shipping_details: null },
    consent: null,
    consent_collection: null,
    created: createdSeconds - 60,
    currency: "usd",
    currency_conversion: null,
    custom_fields: [],
    custom_text: {
      after_submit: null,
      shipping_address: null,
      submit: null,
      terms_of_service_acceptance: null,
    },
    customer: "cus_TTxq3yYc0bA1d2",
    customer_creation: null,
    customer_details: {
      address: {
        city: null,
        country: "US",
        line1: null,
        line2: null,
        postal_code: "94107",
        state: null,
      },
      email: "jenny.rosen@example.com",
      name: "Jenny Rosen",
      phone: null,
      tax_exempt: "none",
      tax_ids: [],
    },
    customer_email: null,
    discounts: [],
    expires_at: createdSeconds + 86_340,
    invoice: null,
    invoice_creation: {
      enabled: false,
      invoice_data: { account_tax_ids: null, custom_fields: null, footer: null, metadata: {} },
    },
    livemode: false,
    locale: null,
    metadata: { chargly_purchase: "pur_01kaqpz6x3e7qb9w1m5v8c2d4f" },
    mode: "payment",
    payment_intent: "pi_3SWzQ2LkdIwHu7ix0pB3zXyT",
    payment_link: null,
    payment_method_collection: "if_required",
    payment_method_configuration_details: { id: "pmc_1SWzPxLkdIwHu7ixqQ", parent: null },
    payment_method_options: { card: { request_three_d_secure: "automatic" } },
    payment_method_types: ["card", "link"],
    payment_status: "paid",
    permissions: null,
    phone_number_collection: { enabled: false },
    recovered_from: null,
    saved_payment_method_options: null,
    setup_intent: null,
    shipping_address_collection: null,
    shipping_cost: null,
    shipping_options: [],
    status: "complete",
    submit_type: null,
    subscription: null,
    success_url: "https://app.example.com/credits/thanks",
    total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
    ui_mode: "hosted",
    url: null,
    wallet_options: null,
  };
}
