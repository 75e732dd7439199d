import type { ProjectId, PurchaseId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusals.js";
import { isOpen, nextCheckSeconds, type Purchase } from "./rules.js";
import { type SettleContext, settlePurchase } from "./settle-purchase.js";
import { findPurchase, postponeCheck } from "./store.js";

/**
 * Looks at a purchase that nobody asked about, for events that never came. One that is still open is looked at again
 * after a longer pause. Stripe being away costs no pause: what it throws then has the job run again.
 *
 * @returns why Stripe said no, which the next look may find put right; `undefined` when all went well
 */
export async function checkPurchase(
  ctx: SettleContext,
  projectId: ProjectId,
  purchaseId: PurchaseId,
): Promise<string | undefined> {
  const seen = await findPurchase(ctx.db, projectId, purchaseId);
  const refused = await settlePurchase(ctx, projectId, purchaseId).catch(whySaidNo);
  const open = typeof refused === "string" ? seen : refused;
  if (open !== undefined && isOpen(open))
    await postponeCheck(ctx.db, purchaseId, nextCheckSeconds(open.checks + 1));
  return typeof refused === "string" ? refused : undefined;
}

/** A connection that is wrong now stays wrong for a while. */
function whySaidNo(error: unknown): string | Purchase {
  const isLasting =
    error instanceof Refusal &&
    (error.code === "stripe_refused" || error.code === "stripe_not_connected");
  if (!isLasting) throw error;
  return error.details.detail;
}
