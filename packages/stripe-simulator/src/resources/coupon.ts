import type { JsonObject } from "../json.js";
import type { Metadata } from "../params/read.js";
import type { RecordBase } from "../store/record-base.js";

/** A discount that a checkout may apply. */
export interface CouponRecord extends RecordBase {
  readonly kind: "coupon";
  readonly amountOff: number | null;
  readonly currency: string | null;
  readonly duration: string;
  readonly durationInMonths: number | null;
  readonly livemode: boolean;
  readonly maxRedemptions: number | null;
  readonly metadata: Metadata;
  readonly name: string | null;
  readonly percentOff: number | null;
  readonly redeemBy: number | null;
  readonly timesRedeemed: number;
}

/** Whether the coupon can still be used at `now`, in whole seconds. */
export function isCouponValid(coupon: CouponRecord, now: number): boolean {
  const used = coupon.maxRedemptions !== null && coupon.timesRedeemed >= coupon.maxRedemptions;
  return !used && (coupon.redeemBy === null || now < coupon.redeemBy);
}

/** Renders a coupon. */
export function renderCoupon(coupon: CouponRecord, now: number): JsonObject {
  return {
    id: coupon.id,
    object: "coupon",
    amount_off: coupon.amountOff,
    created: coupon.created,
    currency: coupon.currency,
    duration: coupon.duration,
    duration_in_months: coupon.durationInMonths,
    livemode: coupon.livemode,
    max_redemptions: coupon.maxRedemptions,
    metadata: { ...coupon.metadata },
    name: coupon.name,
    percent_off: coupon.percentOff,
    redeem_by: coupon.redeemBy,
    times_redeemed: coupon.timesRedeemed,
    valid: isCouponValid(coupon, now),
  };
}
