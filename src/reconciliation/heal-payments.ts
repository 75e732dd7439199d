import { findPurchaseOf } from "../checkout/find-purchase-of.js";
import { settlePurchase, type SettleContext } from "../checkout/settle-purchase.js";
import { type ProjectId, publicId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusals.js";
import type { DifferingPayment } from "./compare-payments.js";

/** What Stripe or the wallet said no to stays as it is for now, and is reported; whatever else fails stops the run. */
const lasting: ReadonlySet<string> = new Set([
  "stripe_refused",
  "not_found",
  "wallet_busy",
  "balance_limit",
]);

/**
 * Settles the purchase of each payment again. That reads the facts of now from Stripe, so what was listed a while ago
 * does no harm, and what does not match exactly is quarantined instead of credited.
 */
export async function healPayments(
  ctx: SettleContext,
  projectId: ProjectId,
  differing: readonly DifferingPayment[],
): Promise<void> {
  for (const each of differing) {
    try {
      await heal(ctx, projectId, each);
    } catch (error) {
      if (!(error instanceof Refusal) || !lasting.has(error.code)) throw error;
      const purchase = each.booked && publicId("purchase", each.booked.purchaseId);
      ctx.log.warn({ error, purchase }, "a difference could not be healed");
    }
  }
}

async function heal(
  ctx: SettleContext,
  projectId: ProjectId,
  { payment, booked }: DifferingPayment,
): Promise<void> {
  if (booked === undefined) return;
  const sessionId = payment.sessionId ?? undefined;
  if (booked.sessionId !== null || sessionId !== undefined || payment.paymentIntentId === null) {
    await settlePurchase(ctx, projectId, booked.purchaseId, sessionId);
    return;
  }
  // Our row was never told its session; Stripe knows which one led to the payment.
  const reference = { kind: "payment_intent", id: payment.paymentIntentId } as const;
  const found = await findPurchaseOf(ctx, projectId, reference);
  if (found !== undefined) await settlePurchase(ctx, projectId, found.purchaseId, found.sessionId);
}
