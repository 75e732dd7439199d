import { findPurchaseOf } from "../checkout/find-purchase-of.js";
import { settlePurchase, type SettleContext } from "../checkout/settle-purchase.js";
import { type ProjectId, publicId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusals.js";
import type { SettleOrder } from "./compare-payments.js";

/** What Stripe or the wallet said no to stays as it is for now, and is reported; whatever else fails stops the run. */
const lasting: ReadonlySet<string> = new Set([
  "stripe_refused",
  "not_found",
  "wallet_busy",
  "balance_limit",
]);

/**
 * Settles each purchase again, once. That reads the facts of now from Stripe, so what was listed a while ago does no
 * harm, and what does not match exactly is quarantined instead of credited.
 */
export async function healPurchases(
  ctx: SettleContext,
  projectId: ProjectId,
  orders: readonly SettleOrder[],
): Promise<void> {
  for (const order of oncePerPurchase(orders)) {
    try {
      await heal(ctx, projectId, order);
    } catch (error) {
      if (!(error instanceof Refusal) || !lasting.has(error.code)) throw error;
      const purchase = publicId("purchase", order.booked.purchaseId);
      ctx.log.warn({ error, purchase }, "a difference could not be healed");
    }
  }
}

function oncePerPurchase(orders: readonly SettleOrder[]): Iterable<SettleOrder> {
  const byPurchase = new Map<string, SettleOrder>();
  for (const order of orders) {
    const known = byPurchase.get(order.booked.purchaseId) ?? order;
    const disputes = known.disputes || order.disputes;
    byPurchase.set(order.booked.purchaseId, { ...known, disputes });
  }
  return byPurchase.values();
}

async function heal(
  ctx: SettleContext,
  projectId: ProjectId,
  { booked, sessionId, paymentIntentId, disputes }: SettleOrder,
): Promise<void> {
  const { purchaseId } = booked;
  if (booked.sessionId !== null || sessionId !== null || paymentIntentId === null) {
    await settlePurchase(ctx, projectId, purchaseId, sessionId ?? undefined, { disputes });
    return;
  }
  // Our row was never told its session; Stripe knows which one led to the payment.
  const found = await findPurchaseOf(ctx, projectId, {
    kind: "payment_intent",
    id: paymentIntentId,
  });
  if (found !== undefined)
    await settlePurchase(ctx, projectId, found.purchaseId, found.sessionId, { disputes });
}
