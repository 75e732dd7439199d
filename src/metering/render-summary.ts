import { z } from "zod";
import { creditsToJson } from "../kernel/credits.js";
import { creditsOut } from "../platform/http/schemas.js";
import { exampleSummary } from "./examples.js";
import type { UsageSummary } from "./summarize-usage.js";

export const summaryJson = z
  .object({
    from: z.string(),
    to: z.string(),
    data: z.array(
      z.object({
        event: z.string(),
        model: z.string().nullable(),
        day: z.string().meta({ description: "UTC.", examples: ["2026-01-31"] }),
        events: z.int(),
        applied: z.int(),
        rejected: z.int(),
        credits: creditsOut,
      }),
    ),
    total: z.object({ events: z.int(), credits: creditsOut }),
  })
  .meta({ id: "UsageSummary", examples: [exampleSummary] });

/** What a time came to, as the API shows it. */
export function renderSummary(summary: UsageSummary): z.output<typeof summaryJson> {
  return {
    from: summary.from.toISOString(),
    to: summary.to.toISOString(),
    data: summary.lines.map((line) => ({ ...line, credits: creditsToJson(line.credits) })),
    total: { events: summary.events, credits: creditsToJson(summary.credits) },
  };
}
