import { findPurchaseOf, type StripeReference } from "../checkout/find-purchase-of.js";
import { settlePurchase } from "../checkout/settle-purchase.js";
import { heedWarnings } from "../reversals/warnings/heed-warnings.js";
import { followWarning } from "../reversals/warnings/follow-warning.js";
import type { EventHandler } from "../stripe-events/process-events.js";

/** What each type of event makes Chargly look at. Types that are not here stay in the inbox as `unhandled`. */
export const stripeHandlers: Readonly<Record<string, EventHandler>> = {
  "checkout.session.completed": settleAfter("checkout.session"),
  "checkout.session.async_payment_succeeded": settleAfter("checkout.session"),
  "checkout.session.async_payment_failed": settleAfter("checkout.session"),
  "checkout.session.expired": settleAfter("checkout.session"),
  "payment_intent.succeeded": settleAfter("payment_intent"),
  "payment_intent.processing": settleAfter("payment_intent"),
  "payment_intent.payment_failed": settleAfter("payment_intent"),
  "payment_intent.canceled": settleAfter("payment_intent"),
  "charge.succeeded": settleAfter("charge"),
  "charge.refunded": settleAfter("charge"),
  "charge.refund.updated": settleAfter("refund"),
  "refund.created": settleAfter("refund"),
  "refund.updated": settleAfter("refund"),
  "refund.failed": settleAfter("refund"),
  "charge.dispute.created": settleAfter("dispute"),
  "charge.dispute.updated": settleAfter("dispute"),
  "charge.dispute.funds_withdrawn": settleAfter("dispute"),
  "charge.dispute.funds_reinstated": settleAfter("dispute"),
  "charge.dispute.closed": settleAfter("dispute"),
  "radar.early_fraud_warning.created": freezeAfterWarning,
  "radar.early_fraud_warning.updated": freezeAfterWarning,
};

/** Whatever happened to the object: find its purchase and settle that. What a failed refund gives back may be frozen. */
function settleAfter(kind: StripeReference["kind"]): EventHandler {
  return async (ctx, event) => {
    if (event.object.kind !== kind)
      return { status: "ignored", reason: `It is about a ${event.object.kind}, not a ${kind}.` };
    const found = await findPurchaseOf(ctx, event.projectId, { kind, id: event.object.id });
    if (found === undefined)
      return { status: "ignored", reason: "The payment is no purchase of this project." };
    const look = { disputes: kind === "dispute" };
    await settlePurchase(ctx, event.projectId, found.purchaseId, found.sessionId, look);
    if (kind === "refund" || kind === "dispute")
      await heedWarnings(ctx, event.projectId, found.purchaseId);
    return { status: "processed" };
  };
}

async function freezeAfterWarning(
  ...[ctx, event]: Parameters<EventHandler>
): ReturnType<EventHandler> {
  const kind = "radar.early_fraud_warning";
  if (event.object.kind !== kind)
    return { status: "ignored", reason: `It is about a ${event.object.kind}, not a ${kind}.` };
  return (await followWarning(ctx, event.projectId, event.object.id))
    ? { status: "processed" }
    : { status: "ignored", reason: "The payment is no purchase of this project." };
}
