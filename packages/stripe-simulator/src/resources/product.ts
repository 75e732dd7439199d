import type { JsonObject } from "../json.js";
import type { Metadata } from "../params/read.js";
import type { RecordBase } from "../store/record-base.js";

/** What is sold. */
export interface ProductRecord extends RecordBase {
  readonly kind: "product";
  /** False for a product that a checkout made from `price_data`. */
  readonly active: boolean;
  readonly description: string | null;
  readonly images: readonly string[];
  readonly livemode: boolean;
  readonly metadata: Metadata;
  readonly name: string;
}

/** Renders a product. */
export function renderProduct(product: ProductRecord): JsonObject {
  return {
    id: product.id,
    object: "product",
    active: product.active,
    created: product.created,
    default_price: null,
    description: product.description,
    images: [...product.images],
    livemode: product.livemode,
    marketing_features: [],
    metadata: { ...product.metadata },
    name: product.name,
    package_dimensions: null,
    shippable: null,
    statement_descriptor: null,
    tax_code: null,
    tax_details: null,
    type: "service",
    unit_label: null,
    updated: product.created,
    url: null,
  };
}
