import { z } from "zod";
import type { Credits } from "../kernel/credits.js";
import { publicId } from "../kernel/ids.js";
import type { Money } from "../kernel/money.js";
import { Refusal } from "../kernel/refusals.js";
import { reply } from "../platform/http/reply.js";
import { defineRoute } from "../platform/http/route.js";
import {
  moneyIn,
  pageOf,
  pageQuery,
  positiveCredits,
  publicIdOf,
} from "../platform/http/schemas.js";
import { readRefunds } from "./read-refunds.js";
import { examplePreview, refundJson, renderPreview, renderRefund } from "./render-refund.js";
import { previewRefund, type RefundContext, requestRefund } from "./request-refund.js";
import type { RefundAsk } from "./rules.js";

const ofPurchase = z.object({ id: publicIdOf("purchase") });

const createRoute = defineRoute<RefundContext>()({
  method: "post",
  path: "/v1/purchases/:id/refunds",
  operationId: "purchases.refund",
  summary: "Refund a purchase",
  description:
    "Sends back the money of everything unspent, of some `credits`, or an `amount`: each credit is worth its share of what was paid, rounded down over all refunds of the purchase. The credits are set aside first and taken once Stripe has the refund. Spent credits are not refunded. With `dryRun` it answers 200 with the numbers and does nothing.",
  tags: ["Purchases"],
  auth: { scopes: ["refunds:write"] },
  idempotent: true,
  exactNumbers: true,
  params: ofPurchase,
  body: z.object({
    credits: positiveCredits.optional(),
    amount: moneyIn.optional(),
    dryRun: z.boolean().default(false),
  }),
  response: { 200: refundJson, 201: refundJson },
  shown: { 200: examplePreview },
  refusals: [
    "not_found",
    "conflict",
    "nothing_to_refund",
    "refund_exceeds_unspent",
    "refund_in_progress",
    "stripe_not_connected",
    "stripe_refused",
    "stripe_unavailable",
  ],
  example: { credits: 100 },
  handle: async ({ ctx, params, body, principal, idempotency }) => {
    const { projectId, keyId } = principal;
    const order = { projectId, purchaseId: params.id, ask: askOf(body) };
    if (body.dryRun) return reply.ok(renderPreview(params.id, await previewRefund(ctx, order)));
    const actor = publicId("apiKey", keyId);
    return requestRefund(ctx, { ...order, actor }, idempotency, (refund) =>
      reply.created(renderRefund(refund)),
    );
  },
});

function askOf({
  credits,
  amount,
}: {
  readonly credits?: Credits | undefined;
  readonly amount?: Money | undefined;
}): RefundAsk {
  if (credits !== undefined && amount !== undefined)
    throw new Refusal("invalid_request", {
      param: "amount",
      detail: "Send credits or an amount, or neither to refund everything unspent.",
    });
  if (credits !== undefined) return { type: "credits", credits };
  return amount === undefined ? { type: "everything" } : { type: "amount", amount };
}

const listRoute = defineRoute<RefundContext>()({
  method: "get",
  path: "/v1/purchases/:id/refunds",
  operationId: "purchases.listRefunds",
  summary: "List a purchase's refunds",
  description:
    "Those that were asked for here, the newest first. What was refunded in Stripe is not among them.",
  tags: ["Purchases"],
  auth: { scopes: ["checkouts:read"] },
  params: ofPurchase,
  query: z.object(pageQuery),
  response: { 200: pageOf(refundJson) },
  refusals: ["not_found"],
  handle: async ({ ctx, params, query: { limit: size, cursor }, principal }) => {
    const { projectId } = principal;
    const page = await readRefunds(ctx, { projectId, purchaseId: params.id }, { size, cursor });
    return reply.ok({ ...page, data: page.data.map(renderRefund) });
  },
});

export const reversalRoutes = [createRoute, listRoute];
