import { z } from "zod";
import { timeOut } from "../platform/http/schemas.js";
import { type FailedJob, failedJobKinds, retrying } from "./rules.js";

const exampleFailedJob = {
  id: "sev_01k2x3v9g7f6q8r5s4t3w2y1z0",
  kind: "stripe_event",
  state: "failed",
  what: "Stripe's event charge.refunded",
  reason: "Stripe cannot be reached.",
  attempts: 110,
  stripeObject: "evt_1PqRsT2eZvKYlo2C",
  since: "2026-01-31T12:00:00.000Z",
  retry: { isPossible: retrying.stripe_event.isPossible, does: retrying.stripe_event.does },
} as const;

export const failedJobKindIn = z.enum(failedJobKinds).meta({
  description:
    "`stripe_event`: an event that was given up, or that nothing handles. `usage_batch`: accepted usage that cannot be applied. `purchase`: paid otherwise than agreed. `refund`: begun minutes ago, and not finished.",
});

export const failedJobJson = z
  .object({
    id: z.string().meta({
      description: "Of the row that the work is about.",
      examples: [exampleFailedJob.id],
    }),
    kind: failedJobKindIn,
    state: z.enum(["failed", "unhandled", "quarantined", "stuck"]),
    what: z.string(),
    reason: z.string().nullable(),
    attempts: z.int().nullable().meta({ description: "Where they are counted." }),
    stripeObject: z.string().nullable().meta({ description: "What Stripe calls it." }),
    since: timeOut,
    retry: z.object({
      isPossible: z.boolean().meta({ description: "False where a person has to decide." }),
      does: z.string().meta({ description: "What trying again does, and what it does not." }),
    }),
  })
  .meta({ id: "FailedJob", examples: [exampleFailedJob] });

export function renderFailedJob(job: FailedJob): z.output<typeof failedJobJson> {
  const { kind, state, what, reason, attempts, stripeObject } = job;
  return {
    id: job.publicId,
    kind,
    state,
    what,
    reason,
    attempts,
    stripeObject,
    since: job.since.toISOString(),
    retry: { ...retrying[kind] },
  };
}
