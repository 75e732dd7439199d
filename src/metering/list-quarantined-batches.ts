import type { ProjectId } from "../kernel/ids.js";
import type { Context } from "../platform/context.js";
import {
  type QuarantinedBatch,
  selectQuarantinedBatches,
  selectQuarantinedOf,
} from "./store/quarantine.js";

export type { QuarantinedBatch } from "./store/quarantine.js";

/** For operators: the newest first, over all projects unless one is named. */
export function listQuarantinedBatches(
  ctx: Pick<Context, "db">,
  { projectId, limit }: { readonly projectId?: ProjectId | undefined; readonly limit: number },
): Promise<readonly QuarantinedBatch[]> {
  return selectQuarantinedBatches(ctx.db, { projectId, limit });
}

/** Those of one project by the order of their ids, the newest first. */
export function pageQuarantinedBatches(
  { db }: Pick<Context, "db">,
  projectId: ProjectId,
  page: { readonly idBefore: string | undefined; readonly limit: number },
): Promise<readonly QuarantinedBatch[]> {
  return selectQuarantinedOf(db, projectId, page);
}
