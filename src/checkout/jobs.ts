import { z } from "zod";
import { parsePublicId, publicId } from "../kernel/ids.js";
import type { Context } from "../platform/context.js";
import { defineJob } from "../platform/jobs/define-job.js";
import { done, never } from "../platform/jobs/outcome.js";
import { defineSchedule } from "../platform/schedules/define-schedule.js";
import { checkPurchase } from "./check-purchase.js";
import { expireNeverOpened } from "./endings/store.js";
import { claimPurchasesToCheck } from "./store.js";

const checksPerRun = 50;
/** A purchase that is being checked is not rung for again in this time. */
const checkPauseSeconds = 120;

/** Settles one purchase that nobody asked about for a while. */
export const settlePurchaseJob = defineJob({
  name: "purchase.settle",
  queue: "stripe",
  payload: z.strictObject({
    project: z.string().startsWith("prj_").max(64),
    purchase: z.string().startsWith("pur_").max(64),
  }),
  attempts: 5,
  timeoutMs: 60_000,
  run: async (ctx: Context, { project, purchase }) => {
    const projectId = parsePublicId("project", project);
    const purchaseId = parsePublicId("purchase", purchase);
    if (projectId === undefined || purchaseId === undefined)
      return never("these are no ids of ours");
    const refused = await checkPurchase(ctx, projectId, purchaseId);
    return refused === undefined ? done : never(refused);
  },
});

/** Looks at open purchases by itself, in growing pauses, so that a lost event or a lost session costs nobody credits. */
export const checkOpenPurchases = defineSchedule({
  name: "purchases.check",
  everySeconds: 15,
  run: async (ctx: Pick<Context, "db" | "ringer">) => {
    await expireNeverOpened(ctx.db);
    const due = await claimPurchasesToCheck(ctx.db, {
      limit: checksPerRun,
      pauseSeconds: checkPauseSeconds,
    });
    await ctx.ringer.ringMany(
      settlePurchaseJob,
      due.map(({ id, projectId }) => ({
        project: publicId("project", projectId),
        purchase: publicId("purchase", id),
      })),
    );
  },
});
