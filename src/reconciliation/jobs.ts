import { z } from "zod";
import { parsePublicId, publicId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusals.js";
import type { Context } from "../platform/context.js";
import { defineJob } from "../platform/jobs/define-job.js";
import { done, later, never, type Outcome } from "../platform/jobs/outcome.js";
import { defineSchedule, type Schedule } from "../platform/schedules/define-schedule.js";
import { listConnectedProjects } from "../tenancy/list-connected-projects.js";
import { listProjects } from "../tenancy/read-project.js";
import type { ReconcileContext } from "./context.js";
import { type Ring, rings } from "./rules.js";
import type { RunOrder } from "./run-order.js";
import { runReconciliation } from "./run-reconciliation.js";

/** A run that takes longer goes on in the next attempt, where it was. */
const jobTimeoutMs = 120_000;
const stopBeforeMs = 10_000;
const busySeconds = 10;

/** Compares one account, or the ledger of one project. A run that was cut off is gone on with, whoever rings. */
export const runReconciliationJob = defineJob({
  name: "reconciliation.run",
  queue: "reconciliation",
  payload: z.strictObject({
    project: z.string().startsWith("prj_").max(64),
    ring: z.enum(rings),
    /** The ledger's ring looks at all of the books, instead of at what moved. */
    isWhole: z.boolean().optional(),
    dryRun: z.boolean().optional(),
    /** The run that was begun for this job. */
    run: z.string().startsWith("recon_").max(64).optional(),
  }),
  attempts: 5,
  timeoutMs: jobTimeoutMs,
  laterMax: 10_000,
  run: async (
    ctx: ReconcileContext,
    { project, ring, isWhole = false, dryRun, run },
    { signal },
  ) => {
    const projectId = parsePublicId("project", project);
    if (projectId === undefined) return never("this is no id of ours");
    const inTime = AbortSignal.any([signal, AbortSignal.timeout(jobTimeoutMs - stopBeforeMs)]);
    const runId = parsePublicId("reconciliationRun", run);
    return reconcile(ctx, { projectId, ring, isRecent: !isWhole, dryRun, runId, signal: inTime });
  },
});

async function reconcile(ctx: ReconcileContext, order: RunOrder): Promise<Outcome> {
  try {
    const { kind } = await runReconciliation(ctx, order);
    if (kind === "busy") return later({ seconds: busySeconds, because: "another run is at work" });
    if (kind === "interrupted" && order.dryRun === true)
      return never("a dry run is not gone on with once it was ended");
    return kind === "finished" ? done : later({ seconds: 1, because: "there is more to compare" });
  } catch (error) {
    if (error instanceof Refusal && error.code === "stripe_not_connected")
      return never(error.details.detail);
    throw error;
  }
}

/** How often each ring is run, in seconds. */
export type RingIntervals = Readonly<Record<Ring, number>>;

/** Rings for each project. Whether a run of it is at work already is decided in Postgres. */
export function reconciliationSchedules(
  everySeconds: RingIntervals,
): readonly Schedule<Pick<Context, "db" | "ringer">>[] {
  return rings.map((ring) =>
    defineSchedule({
      name: `reconciliation.${ring}`,
      everySeconds: everySeconds[ring],
      run: async (ctx: Pick<Context, "db" | "ringer">) => {
        const projects =
          ring === "ledger"
            ? (await listProjects(ctx)).map(({ id }) => id)
            : await listConnectedProjects(ctx);
        for (const id of projects) {
          const project = publicId("project", id);
          const jobId = `reconcile-${ring}-${project}`;
          await ctx.ringer.ring(runReconciliationJob, { project, ring }, { jobId });
        }
      },
    }),
  );
}
