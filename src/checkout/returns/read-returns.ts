import type { ProjectId, PurchaseId } from "../../kernel/ids.js";
import type { Context } from "../../platform/context.js";
import { type KeptReturn, selectReturns } from "./store.js";

export type { KeptReturn } from "./store.js";

/** What Stripe said last of the refunds and disputes of a purchase, the oldest first; at most 100. */
export function readReturns(
  ctx: Pick<Context, "db">,
  projectId: ProjectId,
  purchaseId: PurchaseId,
): Promise<readonly KeptReturn[]> {
  return selectReturns(ctx.db, projectId, purchaseId, returnsMax);
}

const returnsMax = 100;
