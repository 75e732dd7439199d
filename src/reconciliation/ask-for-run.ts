import { type ProjectId, publicId } from "../kernel/ids.js";
import type { Context } from "../platform/context.js";
import { runReconciliationJob } from "./jobs.js";
import type { Ring } from "./rules.js";

/**
 * Lets a worker compare now, instead of when its schedule is due; of the ledger all of the books. Answers false when the queue did not take it. Asking
 * twice is harmless: one run of an account is at work at a time.
 */
export async function askForRun(
  ctx: Pick<Context, "ringer">,
  { projectId, ring }: { readonly projectId: ProjectId; readonly ring: Ring },
): Promise<boolean> {
  const project = publicId("project", projectId);
  const jobId = `reconcile-${ring}-now-${project}`;
  return ctx.ringer.ring(runReconciliationJob, { project, ring, isWhole: true }, { jobId });
}
