import { readCheckout } from "../../checkout/read-checkout.js";
import { isSettled } from "../../checkout/rules.js";
import { type ProjectId, publicId, type PurchaseId } from "../../kernel/ids.js";
import { releaseReserve } from "../../ledger/release-reserve.js";
import type { Context } from "../../platform/context.js";
import { inTransaction } from "../../platform/db/transaction.js";
import { recordAudit } from "../../tenancy/record-audit.js";
import { liftWarnings } from "./store.js";

/**
 * Lifts the warnings of fraud about a purchase and frees what they have set aside, when an operator knows better than the
 * bank, with a line in the audit log. A new warning sets aside again.
 *
 * @throws Refusal `not_found` for an unknown purchase
 */
export async function thawPurchase(
  ctx: Pick<Context, "db">,
  { projectId, purchaseId }: { readonly projectId: ProjectId; readonly purchaseId: PurchaseId },
  actor: string,
): Promise<void> {
  const { purchase } = await readCheckout(ctx, projectId, purchaseId);
  if (!isSettled(purchase)) return; // it gave no credits
  const { walletId } = purchase;
  await inTransaction(ctx.db, async (trx) => {
    await liftWarnings(trx, purchaseId, `Unfrozen by ${actor}.`);
    await releaseReserve(trx, { walletId, purchaseId, purpose: "fraud_warning" });
    const subject = publicId("purchase", purchaseId);
    await recordAudit(trx, { projectId, actor, action: "purchase.unfreeze", subject });
  });
}
