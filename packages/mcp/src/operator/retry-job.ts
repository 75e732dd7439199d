import { z } from "zod";
import { defineOperatorTool } from "./shapes.js";

/** Tries failed work again. */
export const retryJob = defineOperatorTool({
  name: "retry_job",
  title: "Retry a failed job",
  description:
    "Has a failed job done again, by its id of list_failed_jobs; a worker begins within seconds. It never moves credits or money twice. Find out the reason first: what fails again is listed again. A purchase that was paid otherwise than agreed is refused, because a person decides about it.",
  effects: {
    readOnlyHint: false,
    destructiveHint: false,
    idempotentHint: true,
    openWorldHint: true,
  },
  input: z.object({
    id: z.string().regex(/^(?:sev|ubat|ref|pur)_[0-9a-z]{26}$/, {
      error: "The id of a failed job begins with sev_, ubat_, ref_ or pur_.",
    }),
  }),
  output: z.object({
    id: z.string(),
    status: z.string().meta({ description: "`waiting`: for a worker." }),
  }),
  run: async ({ chargly, input, signal }) => {
    const { id, status } = await chargly.failedJobs.retry(input.id, { signal });
    return {
      data: { id, status },
      text: `${id} waits to be done again. It is done when list_failed_jobs no longer has it.`,
    };
  },
});
