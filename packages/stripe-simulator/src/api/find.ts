import { noSuch } from "../api-error.js";
import type { Scene } from "../simulation.js";
import type { Kind, RecordOf } from "../store/records.js";

const nouns: Partial<Record<Kind, string>> = {
  "radar.early_fraud_warning": "early fraud warning",
  balance_transaction: "balance transaction",
  payment_method: "PaymentMethod",
  promotion_code: "promotion code",
  webhook_endpoint: "webhook endpoint",
};

/** The record of an id, or Stripe's refusal: 404 for the path's id, 400 for one in a parameter. */
export function mustFind<K extends Kind>(
  scene: Scene,
  kind: K,
  id: string,
  param = "id",
): RecordOf<K> {
  const record = scene.book.find(kind, id);
  if (record === undefined) throw noSuch(nouns[kind] ?? kind, id, param);
  return record;
}
