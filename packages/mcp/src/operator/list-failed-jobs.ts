import type { FailedJob } from "@chargly/sdk";
import { z } from "zod";
import { boundedOrNull, boundedText, quoted } from "../tools/bounded-text.js";
import { defineOperatorTool, nextCursor, pageInput, textCharsMax } from "./shapes.js";

const failedJob = z.object({
  id: z.string().meta({ description: "Send it to retry_job." }),
  kind: z.string(),
  state: z.string(),
  what: z.string(),
  reason: z.string().nullable(),
  attempts: z.number().nullable(),
  stripeObject: z.string().nullable(),
  since: z.string(),
  retryIsPossible: z.boolean().meta({ description: "False where a person has to decide." }),
  retryDoes: z.string(),
});

/** Work that was given up or got stuck. */
export const listFailedJobs = defineOperatorTool({
  name: "list_failed_jobs",
  title: "List failed jobs",
  description:
    "Work of the project that was given up or got stuck, the newest first: events of Stripe, usage that cannot be applied, purchases paid otherwise than agreed, unfinished refunds. Each says why it failed and what retry_job does with it. What is done meanwhile is no longer listed.",
  effects: {
    readOnlyHint: true,
    destructiveHint: false,
    idempotentHint: true,
    openWorldHint: false,
  },
  input: z.object({
    ...pageInput,
    kind: z.enum(["stripe_event", "usage_batch", "purchase", "refund"]).optional(),
  }),
  output: z.object({ jobs: z.array(failedJob), nextCursor }),
  run: async ({ chargly, input, signal }) => {
    const page = await chargly.failedJobs.list({ ...input, signal }).page();
    const jobs = page.data.map(jobOf);
    return {
      data: { jobs, nextCursor: page.nextCursor },
      text: jobs.length === 0 ? "Nothing has failed." : jobs.map(lineText).join("\n"),
    };
  },
});

function jobOf(job: FailedJob): z.input<typeof failedJob> {
  return {
    id: job.id,
    kind: job.kind,
    state: job.state,
    what: boundedText(job.what, textCharsMax),
    reason: boundedOrNull(job.reason, textCharsMax),
    attempts: job.attempts,
    stripeObject: job.stripeObject,
    since: job.since,
    retryIsPossible: job.retry.isPossible,
    retryDoes: job.retry.does,
  };
}

function lineText({ id, state, what, reason, retryIsPossible }: z.input<typeof failedJob>): string {
  const why = reason === null ? "" : `: ${quoted(reason, 300)}`;
  return `${id} ${state}, ${quoted(what, 200)}${why}${retryIsPossible ? "" : " (a person decides)"}`;
}
