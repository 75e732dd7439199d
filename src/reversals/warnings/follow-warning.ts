import { findPurchaseOf } from "../../checkout/find-purchase-of.js";
import { type SettleContext, settlePurchase } from "../../checkout/settle-purchase.js";
import type { ProjectId } from "../../kernel/ids.js";
import { takeWarning } from "./take-warning.js";

/**
 * Looks at what a warning is about and heeds it, whoever told of it. The credits of a payment that came late are there first: then
 * what is unspent of them is set aside. Answers false when the payment is no purchase of the project.
 *
 * @param warningId `issfr_…`
 * @throws Refusal what Stripe fails with
 */
export async function followWarning(
  ctx: SettleContext,
  projectId: ProjectId,
  warningId: string,
): Promise<boolean> {
  const reference = { kind: "radar.early_fraud_warning", id: warningId } as const;
  const found = await findPurchaseOf(ctx, projectId, reference);
  if (found === undefined) return false;
  await settlePurchase(ctx, projectId, found.purchaseId, found.sessionId);
  await takeWarning(ctx, { projectId, purchaseId: found.purchaseId }, warningId);
  return true;
}
