import type { JsonObject } from "../json.js";
import type { RecordBase } from "../store/record-base.js";

/** The payment methods that the simulator pretends to take: a card settles at once, a bank debit later. */
export type MethodKind = "card" | "us_bank_account";

/** A saved or single-use payment method. */
export interface PaymentMethodRecord extends RecordBase {
  readonly kind: "payment_method";
  readonly type: MethodKind;
  readonly behaviour: "succeeds" | "declines" | "needs_authentication" | "delayed";
  readonly customer: string | null;
  readonly email: string | null;
  readonly last4: string;
  readonly livemode: boolean;
}

const checks: JsonObject = {
  address_line1_check: null,
  address_postal_code_check: null,
  cvc_check: "pass",
};

function renderCard(last4: string): JsonObject {
  return {
    brand: "visa",
    checks: { ...checks },
    country: "US",
    display_brand: "visa",
    exp_month: 12,
    exp_year: 2034,
    fingerprint: "SimulatorCardPrint",
    funding: "credit",
    generated_from: null,
    last4,
    networks: { available: ["visa"], preferred: null },
    regulated_status: "unregulated",
    three_d_secure_usage: { supported: true },
    wallet: null,
  };
}

function renderBank(last4: string): JsonObject {
  return {
    account_holder_type: "individual",
    account_type: "checking",
    bank_name: "SIMULATED BANK",
    financial_connections_account: null,
    fingerprint: "SimulatorBankPrint",
    last4,
    networks: { preferred: "ach", supported: ["ach"] },
    routing_number: "110000000",
    status_details: {},
  };
}

/** Renders a payment method. */
export function renderPaymentMethod(method: PaymentMethodRecord): JsonObject {
  const details: JsonObject =
    method.type === "card"
      ? { card: renderCard(method.last4) }
      : { us_bank_account: renderBank(method.last4) };
  return {
    id: method.id,
    object: "payment_method",
    allow_redisplay: "unspecified",
    billing_details: {
      address: {
        city: null,
        country: null,
        line1: null,
        line2: null,
        postal_code: null,
        state: null,
      },
      email: method.email,
      name: null,
      phone: null,
      tax_id: null,
    },
    ...details,
    created: method.created,
    customer: method.customer,
    customer_account: null,
    livemode: method.livemode,
    metadata: {},
    type: method.type,
  };
}

/** Renders a charge's `payment_method_details`. */
export function renderMethodDetails(type: MethodKind, amount: number): JsonObject {
  if (type === "us_bank_account") {
    return {
      us_bank_account: {
        account_holder_type: "individual",
        account_type: "checking",
        bank_name: "SIMULATED BANK",
        fingerprint: "SimulatorBankPrint",
        last4: "6789",
        payment_reference: null,
        routing_number: "110000000",
      },
      type,
    };
  }
  return {
    card: {
      amount_authorized: amount,
      authorization_code: null,
      brand: "visa",
      checks: { ...checks },
      country: "US",
      electronic_commerce_indicator: null,
      exp_month: 12,
      exp_year: 2034,
      fingerprint: "SimulatorCardPrint",
      funding: "credit",
      installments: null,
      last4: "4242",
      mandate: null,
      network: "visa",
      network_token: { used: false },
      network_transaction_id: "758414130710911",
      regulated_status: "unregulated",
      three_d_secure: null,
      transaction_link_id: null,
      wallet: null,
    },
    type,
  };
}
