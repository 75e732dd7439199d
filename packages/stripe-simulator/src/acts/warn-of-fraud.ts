import type { ChargeRecord } from "../resources/charge.js";
import type { FraudWarningRecord } from "../resources/early-fraud-warning.js";
import { born, type Scene } from "../simulation.js";
import { change, emit, keep } from "./emit.js";

function isActionable(charge: ChargeRecord): boolean {
  return !charge.disputed && charge.amountRefunded < charge.amount;
}

/** The bank warns that a charge may be fraud. */
export function warnOfFraud(
  scene: Scene,
  charge: ChargeRecord,
  fraudType: string,
): FraudWarningRecord {
  const warning = keep<FraudWarningRecord>(scene, {
    ...born(scene, "issfr"),
    kind: "radar.early_fraud_warning",
    actionable: isActionable(charge),
    charge: charge.id,
    fraudType,
    livemode: charge.livemode,
    paymentIntent: charge.paymentIntent,
  });
  emit(scene, "radar.early_fraud_warning.created", warning);
  return warning;
}

/** A warning is no longer actionable once its charge is refunded in full or disputed. */
export function refreshWarnings(scene: Scene, charge: ChargeRecord): void {
  if (isActionable(charge)) return;
  for (const warning of scene.book.by("radar.early_fraud_warning", "charge", charge.id)) {
    if (!warning.actionable) continue;
    change(scene, "radar.early_fraud_warning.updated", warning, { ...warning, actionable: false });
  }
}
