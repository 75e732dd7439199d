import type { ProjectId } from "../kernel/ids.js";
import type { Context } from "../platform/context.js";
import { type QuarantinedPurchase, selectQuarantined, selectQuarantinedOf } from "./store.js";

export type { QuarantinedPurchase } from "./store.js";

/** For operators, over all projects: the newest first. */
export function listQuarantined(
  ctx: Pick<Context, "db">,
  { limit }: { readonly limit: number },
): Promise<readonly QuarantinedPurchase[]> {
  return selectQuarantined(ctx.db, limit);
}

/** Those of one project by the order of their ids, the newest first. */
export function pageQuarantined(
  { db }: Pick<Context, "db">,
  projectId: ProjectId,
  page: { readonly idBefore: string | undefined; readonly limit: number },
): Promise<readonly QuarantinedPurchase[]> {
  return selectQuarantinedOf(db, projectId, page);
}
