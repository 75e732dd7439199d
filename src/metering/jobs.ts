import { z } from "zod";
import { parsePublicId, publicId } from "../kernel/ids.js";
import { defineJob } from "../platform/jobs/define-job.js";
import { done, later, never } from "../platform/jobs/outcome.js";
import type { Ringer } from "../platform/jobs/ringer.js";
import { defineSchedule } from "../platform/schedules/define-schedule.js";
import { readProject } from "../tenancy/read-project.js";
import { applyLane } from "./apply-lane.js";
import type { MeteringContext } from "./context.js";
import { laneCount } from "./rules.js";
import { type Claim, type Lane, waitingLanes } from "./store/lanes.js";
import { takeJob } from "./take-job.js";
import { usageJobPayload } from "./usage-schema.js";

/** A worker stays with a lane for so long, then lets other projects have the place. */
const staySeconds = 10;
const queue = "usage";

const publicProjectId = z.string().startsWith("prj_").max(64);

/** Applies what waits in a lane until nothing does. Rung once at a time for each lane. */
export const drainUsageLane = defineJob({
  name: "usage-lane.drain",
  queue,
  payload: z.strictObject({
    projectId: publicProjectId,
    lane: z
      .int()
      .min(0)
      .max(laneCount - 1),
  }),
  attempts: 20,
  timeoutMs: 60_000,
  laterMax: 10_000,
  run: async (ctx: MeteringContext, payload, { signal }) => {
    const projectId = parsePublicId("project", payload.projectId);
    if (projectId === undefined) return never("the payload names no project");
    const lane = { projectId, lane: payload.lane };
    const endsAtMs = performance.now() + staySeconds * 1_000;
    let read: Claim | undefined;
    while (!signal.aborted && performance.now() < endsAtMs) {
      const { batches, next } = await applyLane(ctx, lane, read);
      if (batches === 0) return done;
      read = next;
    }
    return later({ seconds: 0.05, because: "more is waiting in this lane" });
  },
});

/**
 * Usage that an application puts in the queue by itself, without HTTP. Who can write to the queue is trusted to say
 * whose usage it is; what it says is validated like a request. One project, up to 1,000 events.
 */
export const applyUsage = defineJob({
  name: "usage.apply",
  queue,
  payload: usageJobPayload,
  attempts: 20,
  timeoutMs: 30_000,
  run: async (ctx: MeteringContext, { projectId, events }, { log }) => {
    await readProject(ctx, projectId);
    const request = { projectId, apiKeyId: null, requestId: null, events };
    const { taken, batches } = await takeJob(ctx, request);
    await ringLanes(ctx.ringer, batches);
    const conflicts = taken.filter(({ status }) => status === "conflict");
    if (conflicts.length === 0) return done;
    const keys = conflicts.map(({ event }) => event.key);
    log.warn({ keys }, "other usage events have these ids");
    return never(
      `${conflicts.length} of ${events.length} events were not taken: other events have their ids (${keys.slice(0, 5).join(", ")})`,
    );
  },
});

/** Rings for lanes that have something to apply. A ring that is not heard is made up for by the sweep. */
export async function ringLanes(ringer: Ringer, lanes: readonly Lane[]): Promise<void> {
  const names = new Map(lanes.map((each) => [laneName(each), each]));
  for (const [jobId, { projectId, lane }] of names) {
    const payload = { projectId: publicId("project", projectId), lane };
    await ringer.ring(drainUsageLane, payload, { jobId });
  }
}

export function laneName({ projectId, lane }: Lane): string {
  return `${publicId("project", projectId)}.${lane}`;
}

const sweptMax = 500;
const ringTakesMs = 1_500;

/** Rings again for lanes whose ring was lost or whose worker died. */
export const sweepUsageLanes = defineSchedule({
  name: "usage-lanes.sweep",
  everySeconds: 2,
  timeoutMs: 30_000,
  run: async (ctx: Pick<MeteringContext, "db" | "ringer">) => {
    const lanes = await waitingLanes(ctx.db, { olderThanMs: ringTakesMs, limit: sweptMax });
    await ringLanes(ctx.ringer, lanes);
  },
});
