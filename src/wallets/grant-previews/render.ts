import { z } from "zod";
import { type Credits, creditsToJson } from "../../kernel/credits.js";
import { publicId } from "../../kernel/ids.js";
import { creditsOut, timeOut } from "../../platform/http/schemas.js";
import { balanceJson, renderBalance } from "../render.js";
import type { GrantPlan, GrantPreview } from "./preview-grant.js";

const exampleGrantPreview = {
  id: "gpv_01k2x3v9g7f6q8r5s4t3w2y1z0",
  customerId: "user_123",
  credits: 50,
  reason: "the answer was cut off, ticket 4711",
  before: { available: 0, held: 0, debt: 12, total: -12 },
  after: { available: 38, held: 0, debt: 0, total: 38 },
  paysDebt: 12,
  creditsExpireAt: null,
  frozen: false,
  expiresAt: "2026-01-31T12:10:00.000Z",
} as const;

export const grantPreviewJson = z
  .object({
    id: z.string().meta({ examples: [exampleGrantPreview.id] }),
    customerId: z.string(),
    credits: creditsOut,
    reason: z.string(),
    before: balanceJson.meta({ description: "As the wallet is." }),
    after: balanceJson.meta({ description: "As it would be." }),
    paysDebt: creditsOut.meta({ description: "What of the credits pays what the wallet owes." }),
    creditsExpireAt: timeOut.nullable().meta({ description: "Null: never." }),
    frozen: z.boolean().meta({
      description: "Then the credits arrive, and are not spent before the wallet is unfrozen.",
    }),
    expiresAt: timeOut.meta({ description: "Until when it can be confirmed." }),
  })
  .meta({ id: "GrantPreview", examples: [exampleGrantPreview] });

export function renderGrantPreview(
  { customerId, credits, reason }: GrantPlan,
  { id, before, after, lotExpiresAt, frozen, expiresAt }: GrantPreview,
): z.output<typeof grantPreviewJson> {
  return {
    id: publicId("grantPreview", id),
    customerId,
    credits: creditsToJson(credits),
    reason,
    before: renderBalance(before),
    after: renderBalance(after),
    paysDebt: creditsToJson((before.debt - after.debt) as Credits),
    creditsExpireAt: lotExpiresAt?.toISOString() ?? null,
    frozen,
    expiresAt: expiresAt.toISOString(),
  };
}
