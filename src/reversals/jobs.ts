import { z } from "zod";
import { parsePublicId, publicId } from "../kernel/ids.js";
import type { Context } from "../platform/context.js";
import { defineJob } from "../platform/jobs/define-job.js";
import { done, never } from "../platform/jobs/outcome.js";
import { defineSchedule } from "../platform/schedules/define-schedule.js";
import { resumeRefund } from "./finish-refund.js";
import { claimUnfinished } from "./store.js";

const refundsPerRun = 50;
/** A refund that is being looked at is not rung for again in this time. */
const pauseSeconds = 120;

/** Finds out what became of a refund that nobody has finished, and finishes it. */
export const finishRefundJob = defineJob({
  name: "refund.finish",
  queue: "stripe",
  payload: z.strictObject({
    project: z.string().startsWith("prj_").max(64),
    refund: z.string().startsWith("ref_").max(64),
  }),
  attempts: 5,
  timeoutMs: 60_000,
  run: async (ctx: Context, { project, refund }) => {
    const projectId = parsePublicId("project", project);
    const refundId = parsePublicId("refund", refund);
    if (projectId === undefined || refundId === undefined) return never("these are no ids of ours");
    await resumeRefund(ctx, projectId, refundId);
    return done;
  },
});

/** Rings for refunds whose request died between our commit and Stripe's answer, or before they were settled. */
export const sweepRefunds = defineSchedule({
  name: "refunds.sweep",
  everySeconds: 15,
  run: async (ctx: Pick<Context, "db" | "ringer">) => {
    const due = await claimUnfinished(ctx.db, { limit: refundsPerRun, pauseSeconds });
    await ctx.ringer.ringMany(
      finishRefundJob,
      due.map(({ id, projectId }) => ({
        project: publicId("project", projectId),
        refund: publicId("refund", id),
      })),
    );
  },
});
