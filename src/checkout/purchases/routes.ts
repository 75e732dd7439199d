import { z } from "zod";
import type { Context } from "../../platform/context.js";
import { reply } from "../../platform/http/reply.js";
import { defineRoute } from "../../platform/http/route.js";
import { customerId, pageOf, pageQuery, publicIdOf, timeIn } from "../../platform/http/schemas.js";
import { checkoutStatuses } from "../render-checkout.js";
import { listPurchases } from "./list-purchases.js";
import { readPurchase } from "./read-purchase.js";
import {
  purchaseJson,
  purchaseStoryJson,
  renderPurchase,
  renderPurchaseStory,
} from "./render-purchase.js";

type PurchaseContext = Pick<Context, "db">;

const listRoute = defineRoute<PurchaseContext>()({
  method: "get",
  path: "/v1/purchases",
  operationId: "purchases.list",
  summary: "List purchases",
  description:
    "The newest first, with what became of their credits. Of one customer, in one state, or begun in a time, as you ask.",
  tags: ["Purchases"],
  auth: { scopes: ["checkouts:read"] },
  query: z.object({
    ...pageQuery,
    customerId: customerId.optional(),
    status: z
      .enum(checkoutStatuses)
      .optional()
      .meta({
        description: "Only those in this state.",
        examples: ["paid"],
      }),
    from: timeIn.optional().meta({ description: "Begun at or after this time." }),
    to: timeIn.optional().meta({ description: "Begun before this time." }),
  }),
  response: { 200: pageOf(purchaseJson) },
  handle: async ({ ctx, query: { limit: size, cursor, ...filter }, principal }) => {
    const page = await listPurchases(ctx, principal.projectId, filter, { size, cursor });
    return reply.ok({ ...page, data: page.data.map(renderPurchase) });
  },
});

const readRoute = defineRoute<PurchaseContext>()({
  method: "get",
  path: "/v1/purchases/:id",
  operationId: "purchases.get",
  summary: "Read a purchase",
  description:
    "With its refunds and disputes as Stripe said them last, whoever made them. What was asked for here and is not known at Stripe yet is in the list of its refunds.",
  tags: ["Purchases"],
  auth: { scopes: ["checkouts:read"] },
  params: z.object({ id: publicIdOf("purchase") }),
  response: { 200: purchaseStoryJson },
  refusals: ["not_found"],
  handle: async ({ ctx, params, principal }) =>
    reply.ok(renderPurchaseStory(await readPurchase(ctx, principal.projectId, params.id))),
});

export const purchaseRoutes = [listRoute, readRoute];
