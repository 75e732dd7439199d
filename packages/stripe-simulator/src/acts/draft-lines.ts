import { invalidRequest } from "../api-error.js";
import type { JsonObject } from "../json.js";
import { newId } from "../ids.js";
import { integer, metadataFrom, requiredText, rows, table, text, texts } from "../params/read.js";
import type { LineItem } from "../resources/line-item.js";
import type { PriceRecord } from "../resources/price.js";
import type { ProductRecord } from "../resources/product.js";
import { born, type Scene } from "../simulation.js";
import { keep } from "./emit.js";

const quantityMax = 999_999;
const amountMax = 99_999_999;

/** Makes a product. */
export function makeProduct(scene: Scene, params: JsonObject, active: boolean): ProductRecord {
  return keep(scene, {
    ...born(scene, "prod", 14),
    kind: "product",
    active,
    description: text(params, "description"),
    images: texts(params, "images"),
    livemode: scene.book.livemode,
    metadata: metadataFrom(params),
    name: requiredText(params, "name"),
  });
}

/** The amount of a price in whole minor units, from `unit_amount` or a whole `unit_amount_decimal`. */
export function unitAmountOf(params: JsonObject, path: string): number {
  const decimal = text(params, "unit_amount_decimal");
  const amount = integer(params, "unit_amount") ?? (decimal === null ? null : Number(decimal));
  const param = path === "" ? "unit_amount" : `${path}[unit_amount]`;
  if (amount === null)
    throw invalidRequest(`Missing required param: ${param}.`, param, "parameter_missing");
  if (amount < 0 || !Number.isInteger(amount) || amount > amountMax) {
    throw invalidRequest("Invalid non-negative integer", param, "parameter_invalid_integer");
  }
  return amount;
}

/** Checks a three-letter currency and gives it in lower case. */
export function currencyOf(params: JsonObject, param: string): string {
  const currency = (text(params, "currency") ?? "").toLowerCase();
  if (/^[a-z]{3}$/.test(currency)) return currency;
  throw invalidRequest(
    `Invalid currency: ${currency}. Stripe currently supports these currencies: usd, eur, gbp, jpy, ...`,
    param,
  );
}

function inlinePrice(scene: Scene, data: JsonObject, path: string): PriceRecord {
  const currency = currencyOf(data, `${path}[currency]`);
  const unitAmount = unitAmountOf(data, path);
  const productId = text(data, "product");
  const product =
    productId === null
      ? makeProduct(scene, table(data, "product_data"), false)
      : scene.book.find("product", productId);
  if (!product) {
    throw invalidRequest(`No such product: '${productId}'`, `${path}[product]`, "resource_missing");
  }
  return keep(scene, {
    ...born(scene, "price"),
    kind: "price",
    active: false,
    currency,
    livemode: scene.book.livemode,
    lookupKey: null,
    metadata: {},
    nickname: null,
    product: product.id,
    unitAmount,
  });
}

function priceOf(scene: Scene, row: JsonObject, path: string): PriceRecord {
  const id = text(row, "price");
  if (id === null) {
    if (row["price_data"] === undefined) {
      throw invalidRequest(
        "You must specify either `price` or `price_data` for each line item.",
        path,
      );
    }
    const data = table(row, "price_data");
    if (data["product"] === undefined && data["product_data"] === undefined) {
      throw invalidRequest(
        `Missing required param: ${path}[price_data][product].`,
        `${path}[price_data][product]`,
        "parameter_missing",
      );
    }
    return inlinePrice(scene, data, `${path}[price_data]`);
  }
  const price = scene.book.find("price", id);
  if (!price) throw invalidRequest(`No such price: '${id}'`, `${path}[price]`, "resource_missing");
  return price;
}

/** Reads `line_items`, making the products and prices that it describes inline. */
export function draftLines(scene: Scene, params: JsonObject): LineItem[] {
  const given = rows(params, "line_items");
  if (given.length === 0) {
    throw invalidRequest("Missing required param: line_items.", "line_items", "parameter_missing");
  }
  if (given.length > 100)
    throw invalidRequest("A session has at most 100 line items.", "line_items");
  const lines = given.map((row, index) => {
    const path = `line_items[${index}]`;
    const price = priceOf(scene, row, path);
    const quantity = integer(row, "quantity");
    if (quantity === null) {
      const param = `${path}[quantity]`;
      throw invalidRequest(
        "Quantity is required. Add `quantity` to `line_items[" + index + "]`",
        param,
        "parameter_missing",
      );
    }
    if (quantity < 1 || quantity > quantityMax) {
      throw invalidRequest(
        "This value must be greater than or equal to 1.",
        `${path}[quantity]`,
        "parameter_invalid_integer",
      );
    }
    return {
      id: newId("li"),
      amountDiscount: 0,
      amountSubtotal: price.unitAmount * quantity,
      currency: price.currency,
      description: scene.book.find("product", price.product)?.name ?? "",
      price: price.id,
      quantity,
    };
  });
  if (new Set(lines.map((line) => line.currency)).size > 1) {
    throw invalidRequest("All line items must have the same currency.", "line_items");
  }
  return lines;
}
