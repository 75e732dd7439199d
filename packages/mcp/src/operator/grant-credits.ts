import type { Adjustment, GrantPreview } from "@chargly/sdk";
import { z } from "zod";
import { quoted } from "../tools/bounded-text.js";
import { keyed, ToolFailure } from "../tools/tool-error.js";
import { balance, balanceOf, creditsIn, creditsOut } from "../wallet/shapes.js";
import { customerId, defineOperatorTool, reason } from "./shapes.js";

const granted = z.object({
  step: z.enum(["preview", "granted"]).meta({ description: "`preview`: nothing has moved." }),
  previewId: z.string(),
  customerId: z.string(),
  credits: creditsOut,
  before: balance.nullable().meta({ description: "As the wallet is; null once granted." }),
  after: balance.meta({ description: "As it would be, or as it is now." }),
  paysDebt: creditsOut.nullable().meta({ description: "What pays what the wallet owes, first." }),
  creditsExpireAt: z.string().nullable().meta({ description: "Null: never, or granted." }),
  frozen: z.boolean().nullable().meta({ description: "Then the credits cannot be spent yet." }),
  confirmBefore: z.string().nullable().meta({ description: "Null once granted." }),
  adjustmentId: z.string().nullable().meta({ description: "Null until granted." }),
});

/** Gives credits for nothing, in two steps. */
export const grantCredits = defineOperatorTool({
  name: "grant_credits",
  title: "Give credits",
  description:
    "Gives a customer credits for nothing, in two steps. First send customerId, credits and reason: it answers what would happen and a previewId, and nothing moves. Show that to whoever decides. Then send previewId alone, within ten minutes: it gives the credits, once; sending it again answers the same. When the wallet changed so that the preview would be wrong, it is refused with preview_outdated: preview again.",
  effects: {
    readOnlyHint: false,
    destructiveHint: true,
    idempotentHint: true,
    openWorldHint: false,
  },
  input: z.object({
    previewId: z
      .string()
      .regex(/^gpv_[0-9a-z]{26}$/, { error: "The id of a preview begins with gpv_." })
      .optional()
      .meta({ description: "The second step: alone." }),
    customerId: customerId.optional(),
    credits: creditsIn.optional(),
    reason: reason.optional().meta({ description: "It stands on the customer's statement." }),
    expiresInDays: z.int().min(1).max(3_650).optional().meta({ description: "Left out: never." }),
  }),
  output: granted,
  run: async ({ chargly, input, signal }) => {
    const { previewId, ...grant } = input;
    if (previewId !== undefined) {
      if (Object.values(grant).some((value) => value !== undefined))
        throw refused(
          "Send previewId alone: it stands for the customer, the credits and the reason.",
        );
      const done = await keyed(previewId, () =>
        chargly.grantPreviews.confirm(previewId, { signal }),
      );
      return doneAnswer(previewId, done);
    }
    const { customerId: whose, credits, reason: why, expiresInDays } = grant;
    if (whose === undefined || credits === undefined || why === undefined)
      throw refused(
        "Send customerId, credits and reason for a preview, or previewId to confirm one.",
      );
    const order = { credits, reason: why, expiresInDays };
    return previewAnswer(await chargly.grantPreviews.create(whose, order, { signal }));
  },
});

function previewAnswer(preview: GrantPreview) {
  const { id, customerId: whose, credits, before, after, expiresAt, paysDebt, frozen } = preview;
  const data = {
    step: "preview" as const,
    previewId: id,
    customerId: whose,
    credits,
    before: balanceOf(before),
    after: balanceOf(after),
    paysDebt,
    creditsExpireAt: preview.creditsExpireAt,
    frozen,
    confirmBefore: expiresAt,
    adjustmentId: null,
  };
  const debt = paysDebt > 0 ? ` ${paysDebt} of them pay what it owes.` : "";
  const ice = frozen ? " The wallet is frozen, so they cannot be spent yet." : "";
  const text = `Nothing has moved. Giving ${credits} credits to ${quoted(whose)} would take the wallet from ${before.available} to ${after.available} available.${debt}${ice} To do it, call grant_credits with previewId ${id} before ${expiresAt}.`;
  return { data, text };
}

function doneAnswer(
  previewId: string,
  { id, customerId: whose, transactions, balance: now }: Adjustment,
) {
  const credits = transactions.find(({ kind }) => kind === "promotion")?.credits ?? 0;
  const data = {
    step: "granted" as const,
    previewId,
    customerId: whose,
    credits,
    before: null,
    after: balanceOf(now),
    paysDebt: null,
    creditsExpireAt: null,
    frozen: null,
    confirmBefore: null,
    adjustmentId: id,
  };
  return {
    data,
    text: `Gave ${credits} credits to ${quoted(whose)}, once, as ${id}. It had ${now.available} available then.`,
  };
}

function refused(detail: string): ToolFailure {
  return new ToolFailure({ code: "invalid_request", detail, outcome: "refused" });
}
