import type { ProjectId, PurchaseId } from "../../kernel/ids.js";
import { Refusal } from "../../kernel/refusals.js";
import { readPurchaseLots } from "../../ledger/read-purchase-lots.js";
import type { Context } from "../../platform/context.js";
import { type KeptReturn, readReturns } from "../returns/read-returns.js";
import type { BoughtCredits } from "./list-purchases.js";
import { findSoldPurchase } from "./store.js";

/** A purchase with what became of its credits and its money. */
export interface PurchaseStory extends BoughtCredits {
  /** Its refunds and disputes as Stripe said them last, the oldest first. */
  readonly returns: readonly KeptReturn[];
}

/** Refuses with `not_found` when the project has no such purchase, and likewise when another project has it. */
export async function readPurchase(
  ctx: Pick<Context, "db">,
  projectId: ProjectId,
  purchaseId: PurchaseId,
): Promise<PurchaseStory> {
  const sold = await findSoldPurchase(ctx.db, projectId, purchaseId);
  if (sold === undefined)
    throw new Refusal("not_found", { detail: "The project has no such purchase." });
  const lots = await readPurchaseLots(ctx.db, [purchaseId]);
  const returns = await readReturns(ctx, projectId, purchaseId);
  return { ...sold, lot: lots.get(purchaseId), returns };
}
