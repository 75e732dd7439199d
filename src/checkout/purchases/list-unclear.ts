import type { Context } from "../../platform/context.js";
import type { Purchase } from "../rules.js";
import { selectUnclear } from "./store.js";

/**
 * For operators, over all projects: purchases of whose refunds or disputes Stripe says something that has no rule here, so
 * that no credits move by it. The newest first; `problem` says what.
 */
export function listUnclear(
  ctx: Pick<Context, "db">,
  { limit }: { readonly limit: number },
): Promise<readonly Purchase[]> {
  return selectUnclear(ctx.db, limit);
}
