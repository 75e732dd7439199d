import type { AccountRecord } from "../resources/account.js";
import type { BalanceTransactionRecord } from "../resources/balance-transaction.js";
import type { ChargeRecord } from "../resources/charge.js";
import type { SessionRecord } from "../resources/checkout-session.js";
import type { CouponRecord } from "../resources/coupon.js";
import type { CustomerRecord } from "../resources/customer.js";
import type { DisputeRecord } from "../resources/dispute.js";
import type { FraudWarningRecord } from "../resources/early-fraud-warning.js";
import type { PaymentIntentRecord } from "../resources/payment-intent.js";
import type { PaymentMethodRecord } from "../resources/payment-method.js";
import type { PriceRecord } from "../resources/price.js";
import type { ProductRecord } from "../resources/product.js";
import type { PromotionCodeRecord } from "../resources/promotion-code.js";
import type { RefundRecord } from "../resources/refund.js";
import type { EndpointRecord } from "../resources/webhook-endpoint.js";
import type { JsonObject } from "../json.js";
import type { RecordBase } from "./record-base.js";

/**
 * Everything that is stored. Records are never changed in place: an update replaces one, and an event keeps the
 * version it was made of, so a snapshot costs one reference.
 */
export type StoredRecord =
  | AccountRecord
  | BalanceTransactionRecord
  | ChargeRecord
  | SessionRecord
  | CouponRecord
  | CustomerRecord
  | DisputeRecord
  | FraudWarningRecord
  | EventRecord
  | PaymentIntentRecord
  | PaymentMethodRecord
  | PriceRecord
  | ProductRecord
  | PromotionCodeRecord
  | RefundRecord
  | EndpointRecord;

/** Something that happened. It holds the version of the object that it happened to. */
export interface EventRecord extends RecordBase {
  readonly kind: "event";
  /** The connected account that it happened in, or null for the account's own events. */
  readonly account: string | null;
  readonly idempotencyKey: string | null;
  readonly livemode: boolean;
  readonly previousAttributes: JsonObject | null;
  readonly requestId: string | null;
  readonly subject: StoredRecord;
  readonly type: string;
}

/** The name of a kind of record: Stripe's `object` field. */
export type Kind = StoredRecord["kind"];

/** The record of a kind. */
export type RecordOf<K extends Kind> = Extract<StoredRecord, { kind: K }>;

/** Whether the record is of the kind asked for. */
export function isKind<K extends Kind>(record: StoredRecord, kind: K): record is RecordOf<K> {
  return record.kind === kind;
}
