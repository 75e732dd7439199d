import { z } from "zod";
import { parsePublicId, publicId } from "../kernel/ids.js";
import type { Context } from "../platform/context.js";
import { defineJob } from "../platform/jobs/define-job.js";
import { done } from "../platform/jobs/outcome.js";
import type { Ringer } from "../platform/jobs/ringer.js";
import { defineSchedule } from "../platform/schedules/define-schedule.js";
import { type ProcessContext, processEvents } from "./process-events.js";
import type { StripeEventId } from "./rules.js";
import { claimOverdue } from "./store.js";

/** Events of one job: they are processed side by side, a few at a time, and fail on their own. */
export const eventsPerJob = 50;
const overdueMax = 500;

/** Looks again at what the events are about. Whether an event needs another try is kept in its row, not in the job. */
export const processStripeEvents = defineJob({
  name: "stripe-event.process",
  queue: "stripe",
  payload: z.strictObject({
    events: z
      .array(
        z.strictObject({ id: z.string().startsWith("sev_").max(64), type: z.string().max(100) }),
      )
      .min(1)
      .max(eventsPerJob),
  }),
  attempts: 3,
  timeoutMs: 60_000,
  run: async (ctx: ProcessContext, { events }) => {
    const ids = events.map(({ id }) => parsePublicId("stripeEvent", id));
    await processEvents(
      ctx,
      ids.filter((id) => id !== undefined),
    );
    return done;
  },
});

/** Rings for committed events. A ring that is not heard is made up for by the sweep. */
export async function ringForEvents(
  ringer: Ringer,
  events: readonly { readonly id: StripeEventId; readonly type: string }[],
): Promise<void> {
  const tickets = events.map(({ id, type }) => ({ id: publicId("stripeEvent", id), type }));
  const payloads = [];
  for (let from = 0; from < tickets.length; from += eventsPerJob)
    payloads.push({ events: tickets.slice(from, from + eventsPerJob) });
  await ringer.ringMany(processStripeEvents, payloads);
}

/** Rings again for events whose ring was lost, whose worker died, or whose next attempt is due. */
export const sweepStripeEvents = defineSchedule({
  name: "stripe-events.sweep",
  everySeconds: 2,
  timeoutMs: 30_000,
  run: async (ctx: Pick<Context, "db" | "ringer">) => {
    const overdue = await claimOverdue(ctx.db, overdueMax);
    await ringForEvents(ctx.ringer, overdue);
  },
});
