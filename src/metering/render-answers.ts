import { z } from "zod";
import { creditsToJson } from "../kernel/credits.js";
import { publicId } from "../kernel/ids.js";
import { creditsOut } from "../platform/http/schemas.js";
import { balanceJson } from "../wallets/render.js";
import { exampleAnswer, exampleAnswers } from "./examples.js";
import type { Admitted } from "./admit-usage.js";
import type { Recorded } from "./record-usage.js";
import type { UsageEvent } from "./rules.js";

const named = z.object({ id: z.string(), eventId: z.string() });

/** The answer to one event. */
export const usageAnswerJson = z
  .object({
    ...named.shape,
    credits: creditsOut.nullable().meta({ description: "The price; null when it has none." }),
    status: z.enum(["accepted", "applied", "duplicate"]).meta({
      description: "`duplicate`: it was accepted before, and is applied once.",
    }),
    shortfall: creditsOut.optional(),
    balance: balanceJson.optional(),
  })
  .meta({ id: "UsageAnswer", examples: [exampleAnswer] });

/** The answer to a list of events: counts, and those that need a look. */
export const usageAnswersJson = z
  .object({
    accepted: z.int(),
    applied: z.int(),
    partial: z.array(named.extend({ credits: creditsOut, shortfall: creditsOut })).meta({
      description:
        "Of the applied ones those that took less than their price: `credits` were taken, `shortfall` is the rest.",
    }),
    duplicates: z.array(named).meta({
      description:
        "Accepted before; they end once. One that was not waited for may have been rejected meanwhile: GET /v1/usage/:id tells.",
    }),
    conflicts: z
      .array(named)
      .meta({ description: "Not taken: another event has the id. `eventId` names it." }),
    rejected: z.array(named.extend({ code: z.string(), detail: z.string() })).meta({
      description:
        "Nothing was taken for them, now or, in a list that is applied before the answer, when they were first sent. They stay rejected, except those of an agent, which may be sent again under the same id.",
    }),
  })
  .meta({ id: "UsageAnswers", examples: [exampleAnswers] });

/** How an event ended. A duplicate says how the first one was rejected, where that is known. */
type End = (Admitted | Recorded) & {
  readonly rejected?: { readonly code: string; readonly detail: string } | undefined;
};

/** The answer to a list by how each of its events ended. */
export function renderAnswers(ends: readonly End[]): z.output<typeof usageAnswersJson> {
  const rejected = ends.flatMap(rejectionOf);
  const of = (status: End["status"]) =>
    ends.filter((end) => end.status === status && end.rejected === undefined);
  return {
    accepted: of("accepted").length,
    applied: of("applied").length,
    partial: ends.flatMap(partOf),
    duplicates: of("duplicate").map(({ event }) => nameOf(event)),
    conflicts: of("conflict").map(({ event }) => nameOf(event)),
    rejected,
  };
}

function rejectionOf(end: End) {
  if (end.status === "refused") {
    const { code, details } = end.refusal;
    return [{ ...nameOf(end.event), code, detail: details.detail }];
  }
  if (end.rejected === undefined) return [];
  const { code, detail } = end.rejected;
  return [{ ...nameOf(end.event), code, detail }];
}

function partOf(end: End) {
  if (end.status !== "applied" || !end.decided.result.approved) return [];
  const { taken, shortfall } = end.decided.result.value;
  if (shortfall === 0n) return [];
  const credits = creditsToJson(taken);
  return [{ ...nameOf(end.event), credits, shortfall: creditsToJson(shortfall) }];
}

/** What an answer calls an event: the caller's id and ours. */
export function nameOf({ key, id }: UsageEvent): z.output<typeof named> {
  return { id: key, eventId: publicId("usageEvent", id) };
}
