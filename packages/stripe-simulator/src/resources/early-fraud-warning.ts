import type { JsonObject } from "../json.js";
import type { RecordBase } from "../store/record-base.js";

/** A bank's hint that a charge may be fraud. */
export interface FraudWarningRecord extends RecordBase {
  readonly kind: "radar.early_fraud_warning";
  /** False once the charge is refunded in full or disputed. */
  readonly actionable: boolean;
  readonly charge: string;
  readonly fraudType: string;
  readonly livemode: boolean;
  readonly paymentIntent: string | null;
}

/** Renders an early fraud warning. */
export function renderFraudWarning(warning: FraudWarningRecord): JsonObject {
  const rendered: JsonObject = {
    id: warning.id,
    object: "radar.early_fraud_warning",
    actionable: warning.actionable,
    charge: warning.charge,
    created: warning.created,
    fraud_type: warning.fraudType,
    livemode: warning.livemode,
  };
  if (warning.paymentIntent !== null) rendered["payment_intent"] = warning.paymentIntent;
  return rendered;
}
