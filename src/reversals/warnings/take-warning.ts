import { readCheckout } from "../../checkout/read-checkout.js";
import type { SettleContext } from "../../checkout/settle-purchase.js";
import type { ProjectId, PurchaseId } from "../../kernel/ids.js";
import { inTransaction } from "../../platform/db/transaction.js";
import { askStripe } from "../../platform/stripe-client/stripe-error.js";
import { readStripeAccess } from "../../tenancy/read-stripe-access.js";
import { heedWarnings } from "./heed-warnings.js";
import { keepWarning } from "./store.js";

/**
 * Keeps what the bank of whoever paid says of a payment, and heeds it. Only an operator or a won dispute lifts a warning:
 * that it is no longer actionable means that a refund or a dispute has taken over (Stripe: "actionable"), which takes the
 * credits itself, and may fail.
 *
 * @throws Refusal what Stripe fails with
 */
export async function takeWarning(
  ctx: SettleContext,
  { projectId, purchaseId }: { readonly projectId: ProjectId; readonly purchaseId: PurchaseId },
  warningId: string,
): Promise<void> {
  const { stripe, accountId, livemode } = await readStripeAccess(ctx, projectId);
  const warning = await askStripe(() => stripe.radar.earlyFraudWarnings.retrieve(warningId));
  const { walletId } = (await readCheckout(ctx, projectId, purchaseId)).purchase;
  await inTransaction(ctx.db, (trx) =>
    keepWarning(trx, {
      projectId,
      walletId,
      purchaseId,
      accountId,
      livemode,
      id: warning.id,
      fraudType: warning.fraud_type,
      actionable: warning.actionable,
      createdAt: new Date(warning.created * 1_000),
    }),
  );
  await heedWarnings(ctx, projectId, purchaseId);
}
