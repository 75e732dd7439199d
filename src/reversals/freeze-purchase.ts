import { readCheckout } from "../checkout/read-checkout.js";
import { isSettled } from "../checkout/rules.js";
import type { ProjectId, PurchaseId } from "../kernel/ids.js";
import { approve } from "../kernel/verdict.js";
import { reservePurchase } from "../ledger/reserve-purchase.js";
import type { Context } from "../platform/context.js";
import { inTransaction } from "../platform/db/transaction.js";

/**
 * Sets the unspent credits of a purchase aside because the bank of whoever paid has warned of fraud. Nothing is posted
 * but that, and no other credits of the wallet are touched; a refund or a dispute of the purchase takes them. Again
 * while they are set aside, or of a purchase that gave no credits: nothing.
 */
export async function freezePurchase(
  ctx: Pick<Context, "db">,
  projectId: ProjectId,
  purchaseId: PurchaseId,
): Promise<void> {
  const { purchase } = await readCheckout(ctx, projectId, purchaseId);
  if (!isSettled(purchase)) return;
  const { walletId, description } = purchase;
  await inTransaction(ctx.db, (trx) =>
    reservePurchase(trx, {
      walletId,
      purchaseId,
      purpose: "fraud_warning",
      memo: `warning of fraud about ${description}`,
      size: ({ unspent }) => approve(unspent),
    }),
  );
}
