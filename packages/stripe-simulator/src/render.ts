import { deepMerge, type Json, type JsonObject } from "./json.js";
import { renderAccount } from "./resources/account.js";
import { renderBalanceTransaction } from "./resources/balance-transaction.js";
import { renderCharge } from "./resources/charge.js";
import { renderSession, type SessionRecord } from "./resources/checkout-session.js";
import { renderCoupon } from "./resources/coupon.js";
import { renderCustomer } from "./resources/customer.js";
import { type DisputeRecord, renderDispute } from "./resources/dispute.js";
import { renderFraudWarning } from "./resources/early-fraud-warning.js";
import { renderEvent } from "./resources/event.js";
import { renderLineItem } from "./resources/line-item.js";
import { renderPaymentIntent } from "./resources/payment-intent.js";
import { renderPaymentMethod } from "./resources/payment-method.js";
import { renderPrice } from "./resources/price.js";
import { renderProduct } from "./resources/product.js";
import { renderPromotionCode } from "./resources/promotion-code.js";
import { renderRefund } from "./resources/refund.js";
import { renderEndpoint } from "./resources/webhook-endpoint.js";
import { apiVersion, type Scene } from "./simulation.js";
import type { StoredRecord } from "./store/records.js";

type Stage = Pick<Scene, "simulation" | "book">;

/** Renders any record as the API shows it, with what the control API wrote over it. */
export function show(stage: Stage, record: StoredRecord): JsonObject {
  const rendered = plain(stage, record);
  return record.overrides === undefined ? rendered : deepMerge(rendered, record.overrides);
}

type Placed = Extract<
  StoredRecord,
  { kind: "balance_transaction" | "checkout.session" | "coupon" | "dispute" | "event" }
>;

function isPlaced(record: StoredRecord): record is Placed {
  return (
    record.kind === "balance_transaction" ||
    record.kind === "checkout.session" ||
    record.kind === "coupon" ||
    record.kind === "dispute" ||
    record.kind === "event"
  );
}

function plain(stage: Stage, record: StoredRecord): JsonObject {
  return isPlaced(record) ? renderPlaced(stage, record) : renderAlone(record);
}

/** Renders what depends on the time or on other records. */
function renderPlaced(stage: Stage, record: Placed): JsonObject {
  const now = stage.simulation.now();
  switch (record.kind) {
    case "balance_transaction":
      return renderBalanceTransaction(record, now);
    case "checkout.session":
      return renderSession(record, stage.simulation.publicUrl);
    case "coupon":
      return renderCoupon(record, now);
    case "dispute":
      return renderDispute(record, disputeEntries(stage, record), now);
    case "event":
      return renderEvent(record, {
        apiVersion,
        pendingWebhooks: 0,
        object: show(stage, record.subject),
      });
  }
}

function renderAlone(record: Exclude<StoredRecord, Placed>): JsonObject {
  switch (record.kind) {
    case "account":
      return renderAccount(record);
    case "charge":
      return renderCharge(record);
    case "customer":
      return renderCustomer(record);
    case "radar.early_fraud_warning":
      return renderFraudWarning(record);
    case "payment_intent":
      return renderPaymentIntent(record);
    case "payment_method":
      return renderPaymentMethod(record);
    case "price":
      return renderPrice(record);
    case "product":
      return renderProduct(record);
    case "promotion_code":
      return renderPromotionCode(record);
    case "refund":
      return renderRefund(record);
    case "webhook_endpoint":
      return renderEndpoint(record);
  }
}

function disputeEntries(stage: Stage, dispute: DisputeRecord): JsonObject[] {
  return dispute.balanceTransactions.flatMap((id) => {
    const entry = stage.book.find("balance_transaction", id);
    return entry ? [show(stage, entry)] : [];
  });
}

/** Renders the line items of a session with their prices, and with what was written over them. */
export function showLineItems(stage: Stage, session: SessionRecord): JsonObject[] {
  return session.lines.map((line) => {
    const price = stage.book.find("price", line.price);
    const rendered = renderLineItem(line, price ? show(stage, price) : null);
    const overrides = session.lineOverrides[line.id];
    return overrides === undefined ? rendered : deepMerge(rendered, overrides);
  });
}

/** Stripe's list object. */
export function listObject(url: string, data: JsonObject[], hasMore: boolean): JsonObject {
  return { object: "list", data, has_more: hasMore, url };
}

/** The attributes of `after` that differ from `before`, with their former values. */
export function previousAttributes(before: JsonObject, after: JsonObject): JsonObject {
  const previous: JsonObject = {};
  for (const [name, value] of Object.entries(before)) {
    if (!same(value, after[name])) previous[name] = value;
  }
  return previous;
}

function same(left: Json, right: Json | undefined): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}
