import { readCheckout } from "../../checkout/read-checkout.js";
import { readReturns } from "../../checkout/returns/read-returns.js";
import { isSettled, type Purchase } from "../../checkout/rules.js";
import type { ProjectId, PurchaseId } from "../../kernel/ids.js";
import { approve } from "../../kernel/verdict.js";
import { releaseReserve } from "../../ledger/release-reserve.js";
import { reservePurchase } from "../../ledger/reserve-purchase.js";
import type { Context } from "../../platform/context.js";
import type { Trx } from "../../platform/db/connect.js";
import { inTransaction } from "../../platform/db/transaction.js";
import { isWarned, liftWarnings } from "./store.js";

/**
 * Sets aside what is unspent of a purchase while a warning of fraud about it is in force, also credits that a failed refund
 * gave back. When a dispute of the payment was won, the warning is lifted: the bank has decided that it was no fraud.
 * Again, or without a warning: nothing.
 */
export async function heedWarnings(
  ctx: Pick<Context, "db">,
  projectId: ProjectId,
  purchaseId: PurchaseId,
): Promise<void> {
  if (!(await isWarned(ctx.db, purchaseId))) return;
  const { purchase } = await readCheckout(ctx, projectId, purchaseId);
  if (!isSettled(purchase)) return;
  const returns = await readReturns(ctx, projectId, purchaseId);
  const won = returns.find(({ kind, status }) => kind === "dispute" && status === "won");
  await inTransaction(ctx.db, async (trx) => {
    if (won === undefined) return freezeIfWarned(trx, purchase);
    await liftWarnings(trx, purchaseId, `The dispute ${won.id} was won.`);
    const { walletId } = purchase;
    await releaseReserve(trx, { walletId, purchaseId, purpose: "fraud_warning" });
  });
}

/** Nothing is posted but the reserve, and no other credits of the wallet are touched. */
export async function freezeIfWarned(
  trx: Trx,
  { id: purchaseId, walletId, description }: Pick<Purchase, "id" | "walletId" | "description">,
): Promise<void> {
  if (!(await isWarned(trx, purchaseId))) return;
  await reservePurchase(trx, {
    walletId,
    purchaseId,
    purpose: "fraud_warning",
    memo: `warning of fraud about ${description}`,
    size: ({ unspent }) => approve(unspent),
  });
}
