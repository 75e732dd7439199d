import { z } from "zod";
import type { Context } from "../../platform/context.js";
import { answerOnce } from "../../platform/http/idempotency/answer-once.js";
import { reply } from "../../platform/http/reply.js";
import { defineRoute } from "../../platform/http/route.js";
import {
  customerId,
  lineOfText,
  positiveCredits,
  publicIdOf,
} from "../../platform/http/schemas.js";
import { adjustmentJson } from "../render.js";
import { expiresInDaysMax, reasonLengthMax } from "../rules.js";
import { confirmGrant } from "./confirm-grant.js";
import { previewGrant } from "./preview-grant.js";
import { grantPreviewJson, renderGrantPreview } from "./render.js";

type PreviewContext = Pick<Context, "db">;

const createRoute = defineRoute<PreviewContext>()({
  method: "post",
  path: "/v1/wallets/:customerId/grant-previews",
  operationId: "grantPreviews.create",
  summary: "Preview giving credits",
  description:
    "The first of two steps: what giving credits would do to the wallet. Nothing moves, and the wallet is not opened. Confirm it within ten minutes to do it.",
  tags: ["Wallets"],
  auth: { scopes: ["wallets:adjust"] },
  tokens: { tools: ["grant_credits"] },
  idempotent: true,
  exactNumbers: true,
  params: z.object({ customerId }),
  body: z.object({
    credits: positiveCredits,
    reason: lineOfText(reasonLengthMax).meta({
      description: "For people; it stands on the statement.",
      examples: ["the answer was cut off, ticket 4711"],
    }),
    expiresInDays: z.int().min(1).max(expiresInDaysMax).nullish(),
  }),
  response: { 201: grantPreviewJson },
  refusals: ["balance_limit"],
  example: { credits: 50, reason: "the answer was cut off, ticket 4711" },
  handle: async ({ ctx, params, body, principal, idempotency }) =>
    answerOnce(ctx.db, idempotency, async (trx) => {
      const { projectId, keyId } = principal;
      const expiresInDays = body.expiresInDays ?? null;
      const plan = { ...body, ...params, projectId, keyId, expiresInDays };
      return reply.created(renderGrantPreview(plan, await previewGrant(trx, plan)));
    }),
});

const confirmRoute = defineRoute<PreviewContext>()({
  method: "post",
  path: "/v1/grant-previews/:id/confirm",
  operationId: "grantPreviews.confirm",
  summary: "Give the credits of a preview",
  description:
    "The second step: gives the credits as the preview said, once; confirming again answers the same. Refused with `preview_outdated` after ten minutes, or when the wallet owes another debt or was frozen or unfrozen since. Any key of the project with the scope may confirm; the audit log names both.",
  tags: ["Wallets"],
  auth: { scopes: ["wallets:adjust"] },
  tokens: { tools: ["grant_credits"] },
  idempotent: true,
  params: z.object({ id: publicIdOf("grantPreview") }),
  response: { 201: adjustmentJson },
  refusals: ["not_found", "preview_outdated", "balance_limit"],
  handle: async ({ ctx, params, principal: { projectId, keyId }, idempotency }) =>
    answerOnce(ctx.db, idempotency, async (trx) =>
      reply.created(await confirmGrant(trx, { projectId, keyId, id: params.id })),
    ),
});

export const grantPreviewRoutes = [createRoute, confirmRoute];
