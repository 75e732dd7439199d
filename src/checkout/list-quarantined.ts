import type { Context } from "../platform/context.js";
import { type QuarantinedPurchase, selectQuarantined } from "./store.js";

export type { QuarantinedPurchase } from "./store.js";

/** For operators, over all projects: the newest first. */
export function listQuarantined(
  ctx: Pick<Context, "db">,
  { limit }: { readonly limit: number },
): Promise<readonly QuarantinedPurchase[]> {
  return selectQuarantined(ctx.db, limit);
}
