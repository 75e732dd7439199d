import { type ProjectId, publicId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusals.js";
import type { Context } from "../platform/context.js";
import { readStripeAccess } from "../tenancy/read-stripe-access.js";
import { beginRun, scopeOf } from "./begin-run.js";
import type { ReconcileContext } from "./context.js";
import { runReconciliationJob } from "./jobs.js";
import { isOfWholeLedger, type Ring, type Run } from "./rules.js";
import { findRunAtWork } from "./store/runs.js";

export interface RunRequest {
  readonly projectId: ProjectId;
  readonly ring: Ring;
  readonly dryRun: boolean;
}

export type RequestedRun =
  /** This run answers the request. */
  | { readonly kind: "begun"; readonly run: Run }
  /** Another run is in the way; one of this kind begins when it has ended. `null`: it is of another project. */
  | { readonly kind: "queued"; readonly inTheWay: Run | null };

type RequestContext = ReconcileContext & Pick<Context, "ringer">;

/**
 * Begins a run that a worker goes on with, so that whoever asked can look at it. A run of the same kind that is at work
 * already is that run. The row is committed before the queue is told: should that not listen, the next run of any ring of the account
 * goes on with it.
 *
 * @throws Refusal `stripe_not_connected`; `unavailable` when another run is in the way and the queue did not take the wish
 */
export async function requestRun(ctx: RequestContext, request: RunRequest): Promise<RequestedRun> {
  const { projectId, ring, dryRun } = request;
  const access = ring === "ledger" ? undefined : await readStripeAccess(ctx, projectId);
  const scope = scopeOf(request, access);
  for (;;) {
    const begun = await beginRun(ctx, { order: request, access, scope, lease: null });
    const run = begun ?? (await findRunAtWork(ctx.db, scope));
    if (run === undefined) continue; // it ended just now
    const project = publicId("project", projectId);
    const asked = { project, ring, dryRun, isWhole: true };
    if (begun !== undefined || isAnswer(run, request)) {
      const id = publicId("reconciliationRun", run.id);
      await ctx.ringer.ring(runReconciliationJob, { ...asked, run: id }, { jobId: `asked-${id}` });
      return { kind: "begun", run };
    }
    const jobId = `reconcile-${ring}-${dryRun ? "dry" : "now"}-${project}`;
    if (!(await ctx.ringer.ring(runReconciliationJob, asked, { jobId }))) throw notTaken();
    return { kind: "queued", inTheWay: run.projectId === projectId ? run : null };
  }
}

function isAnswer(run: Run, { projectId, ring, dryRun }: RunRequest): boolean {
  if (run.projectId !== projectId || run.ring !== ring || run.dryRun !== dryRun) return false;
  return ring !== "ledger" || isOfWholeLedger(run);
}

function notTaken(): Refusal {
  return new Refusal("unavailable", {
    detail: "Another run is at work, and the queue cannot be told of this one. Ask again.",
    retryAfterSeconds: 10,
  });
}
