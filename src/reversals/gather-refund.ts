import type { ReturnedMoney } from "../checkout/decide-reversed.js";
import { readCheckout } from "../checkout/read-checkout.js";
import { gatherReturns } from "../checkout/returns/gather-returns.js";
import { isElsewhere, isSettled, type Purchase } from "../checkout/rules.js";
import { type SettleContext, settlePurchase } from "../checkout/settle-purchase.js";
import type { ProjectId, PurchaseId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusals.js";
import { askStripe } from "../platform/stripe-client/stripe-error.js";
import { readStripeAccess, type StripeAccess } from "../tenancy/read-stripe-access.js";

/** A paid purchase as Stripe has it now, settled a moment ago. */
export interface PaidPurchase {
  readonly purchase: Purchase;
  readonly customerId: string;
  readonly money: ReturnedMoney;
  readonly access: StripeAccess;
}

/**
 * Settles a purchase, and reads what was captured and refunded of its payment.
 *
 * @throws Refusal `not_found`, `conflict` when it was never paid or in another Stripe account, `nothing_to_refund` when it
 *   cost nothing, and what Stripe fails with
 */
export async function gatherRefund(
  ctx: SettleContext,
  projectId: ProjectId,
  purchaseId: PurchaseId,
): Promise<PaidPurchase> {
  const access = await readStripeAccess(ctx, projectId);
  const found = await readCheckout(ctx, projectId, purchaseId);
  if (isElsewhere(found.purchase, access))
    throw new Refusal("conflict", {
      detail:
        "The payment is in another Stripe account or mode than the project is connected to. Connect that one, or refund it there.",
    });
  const purchase = await settlePurchase(ctx, projectId, purchaseId);
  if (!isSettled(purchase))
    throw new Refusal("conflict", { detail: "This purchase is not paid, so it has no refund." });
  const money = await readMoney(access, purchase);
  if (money === null)
    throw new Refusal("nothing_to_refund", { detail: "Nothing was paid for this purchase." });
  return { purchase, customerId: found.customerId, money, access };
}

async function readMoney(
  { stripe }: StripeAccess,
  { paymentIntentId, disputed }: Purchase,
): Promise<ReturnedMoney | null> {
  if (paymentIntentId === null) return null; // a discount of 100 %
  return askStripe(async () => {
    const intent = await stripe.paymentIntents.retrieve(paymentIntentId, {
      expand: ["latest_charge.refunds"],
    });
    return gatherReturns(stripe, intent, { disputes: disputed });
  });
}
