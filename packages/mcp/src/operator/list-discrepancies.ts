import type { Discrepancy } from "@chargly/sdk";
import { z } from "zod";
import { boundedText, quoted } from "../tools/bounded-text.js";
import { defineOperatorTool, idCharsMax, nextCursor, pageInput, textCharsMax } from "./shapes.js";

const classes = [
  "missing_grant",
  "double_grant",
  "unpaid_grant",
  "missing_reversal",
  "over_reversal",
  "orphan_payment",
  "amount_mismatch",
  "balance_drift",
  "orphan_hold",
] as const;
const states = ["open", "healed", "dismissed", "assigned", "resolved"] as const;

const discrepancy = z.object({
  id: z.string(),
  class: z.string(),
  state: z.string(),
  means: z.string(),
  remedy: z.string().meta({ description: "What a person or the next run does about an open one." }),
  detail: z.string(),
  subject: z.string().meta({ description: "What differs, by Stripe's id or Chargly's." }),
  customerId: z.string().nullable(),
  purchaseId: z.string().nullable(),
  stripeUrl: z.string().nullable(),
  booked: z.string().nullable().meta({ description: "Money by the books." }),
  stripe: z.string().nullable().meta({ description: "Money by Stripe." }),
  expectedCredits: z.number().nullable(),
  actualCredits: z.number().nullable(),
  createdAt: z.string(),
  closedAt: z.string().nullable(),
});

/** What differs between Stripe, the purchases and the books. */
export const listDiscrepancies = defineOperatorTool({
  name: "list_discrepancies",
  title: "List what differs",
  description:
    "What reconciliation found to differ between Stripe, the purchases and the ledger, the newest first; each with what it means and what to do. Only open ones need anybody. Some wait for a person: no tool closes them.",
  effects: {
    readOnlyHint: true,
    destructiveHint: false,
    idempotentHint: true,
    openWorldHint: false,
  },
  input: z.object({
    ...pageInput,
    state: z.enum(states).default("open"),
    class: z.enum(classes).optional(),
  }),
  output: z.object({ discrepancies: z.array(discrepancy), nextCursor }),
  run: async ({ chargly, input, signal }) => {
    const page = await chargly.reconciliation.discrepancies({ ...input, signal }).page();
    const discrepancies = page.data.map(discrepancyOf);
    return {
      data: { discrepancies, nextCursor: page.nextCursor },
      text:
        discrepancies.length === 0
          ? `Nothing is ${input.state}.`
          : discrepancies.map(lineText).join("\n"),
    };
  },
});

function discrepancyOf(found: Discrepancy): z.input<typeof discrepancy> {
  return {
    id: found.id,
    class: found.class,
    state: found.state,
    means: found.means,
    remedy: found.remedy,
    detail: boundedText(found.detail, textCharsMax),
    subject: boundedText(found.subject, idCharsMax),
    customerId: found.customerId,
    purchaseId: found.purchaseId,
    stripeUrl: found.stripeUrl,
    booked: found.booked?.display ?? null,
    stripe: found.stripe?.display ?? null,
    expectedCredits: found.expectedCredits,
    actualCredits: found.actualCredits,
    createdAt: found.createdAt,
    closedAt: found.closedAt,
  };
}

function lineText({ id, class: kind, state, detail, remedy }: z.input<typeof discrepancy>): string {
  return `${id} ${kind} (${state}): ${quoted(detail, 300)} Remedy: ${remedy}`;
}
