import { invalidRequest } from "../api-error.js";
import type { JsonObject } from "../json.js";
import { rows, text } from "../params/read.js";
import { type CouponRecord, isCouponValid } from "../resources/coupon.js";
import type { SessionRecord } from "../resources/checkout-session.js";
import type { LineItem } from "../resources/line-item.js";
import type { Scene } from "../simulation.js";

/** A coupon that a session applies, and the promotion code that led to it. */
export interface Discount {
  readonly coupon: CouponRecord;
  readonly promotionCode: string | null;
}

/** Reads `discounts`: at most one coupon or promotion code, as Stripe allows. */
export function discountFrom(scene: Scene, params: JsonObject): Discount | null {
  const given = rows(params, "discounts");
  if (given.length > 1) throw invalidRequest("You can specify at most one discount.", "discounts");
  const [first] = given;
  if (first === undefined) return null;
  const promotionCode = text(first, "promotion_code");
  const code = scene.book.find("promotion_code", promotionCode ?? "");
  const id = text(first, "coupon") ?? code?.coupon ?? "";
  const coupon = scene.book.find("coupon", id);
  const param = `discounts[0][${promotionCode === null ? "coupon" : "promotion_code"}]`;
  if (!coupon) throw invalidRequest(`No such coupon: '${id}'`, param, "resource_missing");
  if (!isCouponValid(coupon, scene.simulation.now())) {
    throw invalidRequest(`Coupon ${id} is used up and cannot be applied.`, param, "coupon_expired");
  }
  return { coupon, promotionCode };
}

/** Spreads a coupon over lines; what rounding leaves falls on the last ones. */
export function applyCoupon(lines: readonly LineItem[], coupon: CouponRecord): LineItem[] {
  const subtotal = lines.reduce((sum, line) => sum + line.amountSubtotal, 0);
  const wanted =
    coupon.percentOff === null
      ? (coupon.amountOff ?? 0)
      : Math.round((subtotal * coupon.percentOff) / 100);
  let left = Math.min(wanted, subtotal);
  let subtotalLeft = subtotal;
  return lines.map((line) => {
    const share = subtotalLeft === 0 ? 0 : Math.round((left * line.amountSubtotal) / subtotalLeft);
    left -= share;
    subtotalLeft -= line.amountSubtotal;
    return { ...line, amountDiscount: share };
  });
}

/** The session with a coupon applied. */
export function withDiscount(session: SessionRecord, discount: Discount): SessionRecord {
  const lines = applyCoupon(session.lines, discount.coupon);
  const amountDiscount = lines.reduce((sum, line) => sum + line.amountDiscount, 0);
  return {
    ...session,
    lines,
    amountDiscount,
    amountTotal: session.amountSubtotal - amountDiscount,
    discounts: [{ coupon: discount.coupon.id, promotionCode: discount.promotionCode }],
  };
}
