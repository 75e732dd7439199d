import type { ProjectId } from "../kernel/ids.js";
import type { Context } from "../platform/context.js";
import type { Refund } from "./rules.js";
import { selectUnfinished, selectUnfinishedOf } from "./store.js";

/** A refund takes seconds, and the sweep looks after a minute at what died: whatever is older is stuck. */
const stuckAfterSeconds = 120;

export interface UnfinishedRefund extends Refund {
  readonly livemode: boolean;
}

/**
 * For operators, over all projects: refunds of which it is not known whether Stripe has them (`requested`), or that Stripe has
 * and that are not settled (`accepted`), although there was time enough. The oldest first.
 */
export function listUnfinished(
  ctx: Pick<Context, "db">,
  { limit }: { readonly limit: number },
): Promise<readonly UnfinishedRefund[]> {
  return selectUnfinished(ctx.db, { limit, olderThanSeconds: stuckAfterSeconds });
}

/** Those of one project by the order of their ids, the newest first. */
export function pageUnfinished(
  { db }: Pick<Context, "db">,
  projectId: ProjectId,
  page: { readonly idBefore: string | undefined; readonly limit: number },
): Promise<readonly Refund[]> {
  return selectUnfinishedOf(db, projectId, { ...page, olderThanSeconds: stuckAfterSeconds });
}
