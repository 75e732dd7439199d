import type { JsonObject } from "../json.js";
import type { RecordBase } from "../store/record-base.js";

/** A Stripe account. */
export interface AccountRecord extends RecordBase {
  readonly kind: "account";
  readonly email: string | null;
  readonly displayName: string;
  readonly country: string;
  readonly defaultCurrency: string;
  /** The platform that this account is connected to, or null. */
  readonly platform: string | null;
}

/** Renders an account as `GET /v1/account` shows it. */
export function renderAccount(account: AccountRecord): JsonObject {
  return {
    id: account.id,
    object: "account",
    business_profile: {
      annual_revenue: null,
      estimated_worker_count: null,
      mcc: null,
      minority_owned_business_designation: null,
      name: account.displayName,
      product_description: null,
      specified_commercial_transactions_act_url: null,
      support_address: null,
      support_email: null,
      support_phone: null,
      support_url: null,
      url: null,
    },
    business_type: null,
    capabilities: { card_payments: "active", transfers: "active" },
    charges_enabled: true,
    country: account.country,
    created: account.created,
    default_currency: account.defaultCurrency,
    details_submitted: true,
    email: account.email,
    metadata: {},
    payouts_enabled: true,
    type: "standard",
  };
}
