import type { JsonObject } from "../json.js";
import type { Metadata } from "../params/read.js";
import type { RecordBase } from "../store/record-base.js";

/** A code that a customer types to get a coupon. */
export interface PromotionCodeRecord extends RecordBase {
  readonly kind: "promotion_code";
  readonly active: boolean;
  readonly code: string;
  readonly coupon: string;
  readonly livemode: boolean;
  readonly metadata: Metadata;
}

/** Renders a promotion code. */
export function renderPromotionCode(code: PromotionCodeRecord): JsonObject {
  return {
    id: code.id,
    object: "promotion_code",
    active: code.active,
    code: code.code,
    created: code.created,
    customer: null,
    customer_account: null,
    expires_at: null,
    livemode: code.livemode,
    max_redemptions: null,
    metadata: { ...code.metadata },
    promotion: { coupon: code.coupon, type: "coupon" },
    restrictions: {
      first_time_transaction: false,
      minimum_amount: null,
      minimum_amount_currency: null,
    },
    times_redeemed: 0,
  };
}
