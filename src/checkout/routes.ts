import { z } from "zod";
import { packCode } from "../catalogue/pack-code.js";
import { Refusal } from "../kernel/refusals.js";
import type { Context } from "../platform/context.js";
import { reply } from "../platform/http/reply.js";
import { defineRoute } from "../platform/http/route.js";
import { creditsOut, customerId, moneyOut, publicIdOf, timeOut } from "../platform/http/schemas.js";
import { findWalletOfPurchase } from "./read-checkout.js";
import { checkoutStatuses, renderCheckout } from "./render-checkout.js";
import { type CheckoutContext, startCheckout } from "./start-checkout.js";
import { type SettlementWatch, waitForCheckout } from "./wait-for-checkout.js";

type RouteContext = CheckoutContext & Context & { readonly settlementWatch: SettlementWatch };

const waitSecondsMax = 20;
const waitDescription = `Seconds to wait for the payment to be settled, 0 to ${waitSecondsMax}.`;

const returnAddress = (what: string) =>
  z
    .url({ protocol: /^https?$/ })
    .max(2_000)
    .nullish()
    .meta({
      description: `${what} Its origin must be allowed for the project.`,
      examples: ["https://app.example.com/credits"],
    });

export const checkoutJson = z
  .object({
    id: z.string().meta({ examples: ["pur_01k2x3v9g7f6q8r5s4t3w2y1z0"] }),
    customerId: z.string(),
    status: z.enum(checkoutStatuses),
    checkoutUrl: z.string().meta({
      description: "Send the browser here: to pay, or to see how it went once it is paid.",
    }),
    description: z.string(),
    credits: creditsOut,
    price: moneyOut,
    reversedCredits: creditsOut.meta({
      description: "What of the credits was taken back for refunds and disputes.",
    }),
    disputed: z.boolean().meta({ description: "A dispute withholds money of the payment now." }),
    problem: z.string().nullable().meta({
      description:
        "Why it is not paid yet, or not credited, or why refunds of it are not clear. Null when all is well.",
    }),
    paidAt: timeOut.nullable(),
    createdAt: timeOut,
  })
  .meta({
    id: "Checkout",
    examples: [
      {
        id: "pur_01k2x3v9g7f6q8r5s4t3w2y1z0",
        customerId: "user_123",
        status: "pending",
        checkoutUrl: "https://checkout.stripe.com/c/pay/cs_test_a1b2c3",
        description: "500 credits for $9.99",
        credits: 500,
        price: { amount: 999, currency: "usd", display: "$9.99" },
        reversedCredits: 0,
        disputed: false,
        problem: null,
        paidAt: null,
        createdAt: "2026-01-31T12:00:00.000Z",
      },
    ],
  });

const startRoute = defineRoute<RouteContext>()({
  method: "post",
  path: "/v1/checkouts",
  operationId: "checkouts.create",
  summary: "Start a checkout",
  description:
    "Sells one credit pack to one customer. While a checkout of the same pack is open for the customer, it is answered again, so that nobody pays twice by clicking twice. It is replaced when it leads elsewhere than asked now, except for an agent, which gets it as it is.",
  tags: ["Checkouts"],
  auth: { scopes: ["checkouts:write"] },
  tokens: { tools: ["create_checkout"], whose: ({ body }) => ({ customerIds: [body.customerId] }) },
  idempotent: true,
  body: z.object({
    customerId,
    creditPackCode: packCode,
    successUrl: returnAddress("Where the browser goes after paying."),
    cancelUrl: returnAddress("Where the browser goes when the customer turns back."),
    allowPromotionCodes: z.boolean().default(false),
  }),
  response: { 201: checkoutJson },
  refusals: [
    "not_found",
    "pack_not_available",
    "origin_not_allowed",
    "stripe_not_connected",
    "stripe_refused",
    "stripe_unavailable",
  ],
  example: {
    customerId: "user_123",
    creditPackCode: "starter-500",
    successUrl: "https://app.example.com/credits",
    cancelUrl: "https://app.example.com/pricing",
  },
  handle: ({ ctx, body, principal, idempotency }) => {
    const { successUrl = null, cancelUrl = null } = body;
    const takesAnyOpen = principal.kind === "agent";
    if (takesAnyOpen && body.allowPromotionCodes)
      throw new Refusal("forbidden", {
        param: "allowPromotionCodes",
        detail: "No agent's token may allow promotion codes. Leave allowPromotionCodes out.",
      });
    const order = { ...body, successUrl, cancelUrl, takesAnyOpen };
    return startCheckout(
      ctx,
      { projectId: principal.projectId, order, idempotency },
      (purchase, customer) =>
        reply.created(renderCheckout({ purchase, customerId: customer }, ctx.publicUrl)),
    );
  },
});

const readRoute = defineRoute<RouteContext>()({
  method: "get",
  path: "/v1/checkouts/:id",
  operationId: "checkouts.get",
  summary: "Read a checkout",
  description:
    "With `wait`, answers as soon as the payment is settled, or after that many seconds with what is known then.",
  tags: ["Checkouts"],
  auth: { scopes: ["checkouts:read"] },
  tokens: {
    tools: ["get_checkout_status"],
    whose: async ({ ctx, params, principal }) => ({
      walletId: await findWalletOfPurchase(ctx, principal.projectId, params.id),
    }),
  },
  params: z.object({ id: publicIdOf("purchase") }),
  query: z.object({
    wait: z
      .string()
      .regex(/^(?:\d|1\d|20)$/, { error: waitDescription })
      .transform(Number)
      .optional()
      .meta({ description: waitDescription, examples: ["20"] }),
  }),
  response: { 200: checkoutJson },
  refusals: ["not_found"],
  handle: async ({ ctx, params, query, principal, signal }) => {
    const { projectId } = principal;
    const request = { projectId, purchaseId: params.id, waitSeconds: query.wait ?? 0 };
    const checkout = await waitForCheckout(ctx, ctx.settlementWatch, request, signal);
    return reply.ok(renderCheckout(checkout, ctx.publicUrl));
  },
});

export const checkoutRoutes = [startRoute, readRoute];
