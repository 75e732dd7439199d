import type { JsonObject } from "../json.js";
import type { Metadata } from "../params/read.js";
import type { RecordBase } from "../store/record-base.js";

/** A one-time price of a product, in whole minor units. */
export interface PriceRecord extends RecordBase {
  readonly kind: "price";
  readonly active: boolean;
  readonly currency: string;
  readonly livemode: boolean;
  readonly lookupKey: string | null;
  readonly metadata: Metadata;
  readonly nickname: string | null;
  readonly product: string;
  readonly unitAmount: number;
}

/** Renders a price. */
export function renderPrice(price: PriceRecord): JsonObject {
  return {
    id: price.id,
    object: "price",
    active: price.active,
    billing_scheme: "per_unit",
    created: price.created,
    currency: price.currency,
    custom_unit_amount: null,
    livemode: price.livemode,
    lookup_key: price.lookupKey,
    metadata: { ...price.metadata },
    nickname: price.nickname,
    product: price.product,
    recurring: null,
    tax_behavior: "unspecified",
    tiers_mode: null,
    transform_quantity: null,
    type: "one_time",
    unit_amount: price.unitAmount,
    unit_amount_decimal: String(price.unitAmount),
  };
}
