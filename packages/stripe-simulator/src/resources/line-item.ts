import type { JsonObject } from "../json.js";

/** One line of a checkout; amounts are whole minor units. */
export interface LineItem {
  readonly id: string;
  readonly amountDiscount: number;
  readonly amountSubtotal: number;
  readonly currency: string;
  readonly description: string;
  readonly price: string;
  readonly quantity: number;
}

/** Renders a line item with its price object, which Stripe embeds. */
export function renderLineItem(line: LineItem, price: JsonObject | null): JsonObject {
  return {
    id: line.id,
    object: "item",
    adjustable_quantity: null,
    amount_discount: line.amountDiscount,
    amount_subtotal: line.amountSubtotal,
    amount_tax: 0,
    amount_total: line.amountSubtotal - line.amountDiscount,
    currency: line.currency,
    description: line.description,
    metadata: {},
    price,
    quantity: line.quantity,
  };
}
