import type { Context } from "../platform/context.js";
import type { Refund } from "./rules.js";
import { selectUnfinished } from "./store.js";

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
