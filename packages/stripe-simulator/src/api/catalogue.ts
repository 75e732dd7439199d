import { invalidRequest } from "../api-error.js";
import { currencyOf, makeProduct, unitAmountOf } from "../acts/draft-lines.js";
import { keep } from "../acts/emit.js";
import { type ApiCall, listAnswer, route } from "../http/route.js";
import { randomText } from "../ids.js";
import type { JsonObject } from "../json.js";
import { flag, integer, metadataFrom, requiredText, table, text } from "../params/read.js";
import { show } from "../render.js";
import type { CouponRecord } from "../resources/coupon.js";
import type { PriceRecord } from "../resources/price.js";
import type { PromotionCodeRecord } from "../resources/promotion-code.js";
import { born } from "../simulation.js";
import { mustFind } from "./find.js";

function createPrice({ scene, params }: ApiCall): JsonObject {
  const currency = currencyOf(params, "currency");
  const unitAmount = unitAmountOf(params, "");
  if (params["recurring"] !== undefined) {
    throw invalidRequest("The simulator knows only one-time prices.", "recurring");
  }
  const id = text(params, "product");
  const product =
    id === null
      ? makeProduct(scene, table(params, "product_data"), true)
      : mustFind(scene, "product", id, "product");
  const price: PriceRecord = {
    ...born(scene, "price"),
    kind: "price",
    active: params["active"] !== false,
    currency,
    livemode: scene.book.livemode,
    lookupKey: text(params, "lookup_key"),
    metadata: metadataFrom(params),
    nickname: text(params, "nickname"),
    product: product.id,
    unitAmount,
  };
  return show(scene, keep(scene, price));
}

function createCoupon({ scene, params }: ApiCall): JsonObject {
  const raw = params["percent_off"];
  const percentOff = typeof raw === "number" ? raw : null;
  const amountOff = integer(params, "amount_off");
  if ((percentOff === null) === (amountOff === null)) {
    throw invalidRequest("You must pass exactly one of percent_off or amount_off.");
  }
  if (percentOff !== null && (percentOff <= 0 || percentOff > 100)) {
    throw invalidRequest("percent_off must be between 0 and 100.", "percent_off");
  }
  const id = text(params, "id") ?? randomText(8);
  if (scene.book.findAny(id)) {
    throw invalidRequest("Coupon already exists.", "id", "resource_already_exists");
  }
  const coupon: CouponRecord = {
    kind: "coupon",
    id,
    created: scene.simulation.now(),
    amountOff,
    currency: amountOff === null ? null : currencyOf(params, "currency"),
    duration: text(params, "duration") ?? "once",
    durationInMonths: integer(params, "duration_in_months"),
    livemode: scene.book.livemode,
    maxRedemptions: integer(params, "max_redemptions"),
    metadata: metadataFrom(params),
    name: text(params, "name"),
    percentOff,
    redeemBy: integer(params, "redeem_by"),
    timesRedeemed: 0,
  };
  return show(scene, keep(scene, coupon));
}

function removeCoupon({ scene, id }: ApiCall): JsonObject {
  mustFind(scene, "coupon", id);
  scene.book.remove(id);
  return { id, object: "coupon", deleted: true };
}

function createPromotionCode({ scene, params }: ApiCall): JsonObject {
  const coupon = requiredText(table(params, "promotion"), "coupon");
  mustFind(scene, "coupon", coupon, "promotion[coupon]");
  const code: PromotionCodeRecord = {
    ...born(scene, "promo"),
    kind: "promotion_code",
    active: params["active"] !== false,
    code: text(params, "code") ?? randomText(8).toUpperCase(),
    coupon,
    livemode: scene.book.livemode,
    metadata: metadataFrom(params),
  };
  return show(scene, keep(scene, code));
}

function listPromotionCodes(call: ApiCall): JsonObject {
  const code = text(call.params, "code");
  return listAnswer(call, {
    kind: "promotion_code",
    ...(code === null ? {} : { indexKey: `promotion_code|code|${code}` }),
  });
}

function listPrices(call: ApiCall): JsonObject {
  const product = text(call.params, "product");
  const active = call.params["active"] === undefined ? null : flag(call.params, "active");
  return listAnswer(call, {
    kind: "price",
    keep: (record) =>
      record.kind === "price" &&
      (product === null || record.product === product) &&
      (active === null || record.active === active),
  });
}

/** The requests about what is sold, and for how much less. */
export const catalogueRoutes = [
  route("POST /v1/products", "ProductCreateParams", ({ scene, params }) =>
    show(scene, makeProduct(scene, params, params["active"] !== false)),
  ),
  route("GET /v1/products", "ProductListParams", (call) => listAnswer(call, { kind: "product" })),
  route("GET /v1/products/:id", "ProductRetrieveParams", ({ scene, id }) =>
    show(scene, mustFind(scene, "product", id)),
  ),
  route("POST /v1/prices", "PriceCreateParams", createPrice),
  route("GET /v1/prices", "PriceListParams", listPrices),
  route("GET /v1/prices/:id", "PriceRetrieveParams", ({ scene, id }) =>
    show(scene, mustFind(scene, "price", id)),
  ),
  route("POST /v1/coupons", "CouponCreateParams", createCoupon),
  route("GET /v1/coupons", "CouponListParams", (call) => listAnswer(call, { kind: "coupon" })),
  route("GET /v1/coupons/:id", "CouponRetrieveParams", ({ scene, id }) =>
    show(scene, mustFind(scene, "coupon", id)),
  ),
  route("DELETE /v1/coupons/:id", "CouponDeleteParams", removeCoupon),
  route("POST /v1/promotion_codes", "PromotionCodeCreateParams", createPromotionCode),
  route("GET /v1/promotion_codes", "PromotionCodeListParams", listPromotionCodes),
  route("GET /v1/promotion_codes/:id", "PromotionCodeRetrieveParams", ({ scene, id }) =>
    show(scene, mustFind(scene, "promotion_code", id)),
  ),
];
