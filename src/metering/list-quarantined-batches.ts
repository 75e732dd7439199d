import type { ProjectId } from "../kernel/ids.js";
import type { Context } from "../platform/context.js";
import { type QuarantinedBatch, selectQuarantinedBatches } from "./store/quarantine.js";

export type { QuarantinedBatch } from "./store/quarantine.js";

/** For operators: the newest first, over all projects unless one is named. */
export function listQuarantinedBatches(
  ctx: Pick<Context, "db">,
  { projectId, limit }: { readonly projectId?: ProjectId | undefined; readonly limit: number },
): Promise<readonly QuarantinedBatch[]> {
  return selectQuarantinedBatches(ctx.db, { projectId, limit });
}
