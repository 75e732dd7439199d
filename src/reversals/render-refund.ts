import { z } from "zod";
import { creditsToJson } from "../kernel/credits.js";
import { publicId, type PurchaseId } from "../kernel/ids.js";
import { creditsOut, moneyOut, renderMoney, timeOut } from "../platform/http/schemas.js";
import type { DecidedRefund, Refund } from "./rules.js";

const exampleRefund = {
  id: "ref_01k2x3v9g7f6q8r5s4t3w2y1z0",
  purchaseId: "pur_01k2x3v9g7f6q8r5s4t3w2y1z0",
  status: "accepted",
  amount: { amount: 199, currency: "usd", display: "$1.99" },
  credits: 100,
  stripeRefundId: "re_3Qm2xKLkdIwHu7ix0a1b2c3d",
  problem: null,
  createdAt: "2026-01-31T12:30:00.000Z",
} as const;

/** What the documentation shows of a dry run. */
export const examplePreview = {
  ...exampleRefund,
  id: null,
  status: "preview",
  stripeRefundId: null,
  createdAt: null,
} as const;

export const refundJson = z
  .object({
    id: z
      .string()
      .nullable()
      .meta({ description: "Null in a dry run.", examples: ["ref_01k2x3v9g7f6q8r5s4t3w2y1z0"] }),
    purchaseId: z.string(),
    status: z.enum(["preview", "requested", "accepted", "failed"]).meta({
      description:
        "`requested`: it is not known yet whether Stripe has it; it will be. `accepted`: Stripe has it, and says in its own words how far it is. `failed`: Stripe has none of it, and the credits are free again.",
    }),
    amount: moneyOut,
    credits: creditsOut.meta({ description: "What is taken back for it." }),
    stripeRefundId: z.string().nullable(),
    problem: z.string().nullable(),
    createdAt: timeOut.nullable(),
  })
  .meta({
    id: "Refund",
    examples: [exampleRefund],
  });

export function renderRefund(refund: Refund): z.output<typeof refundJson> {
  return {
    id: publicId("refund", refund.id),
    purchaseId: publicId("purchase", refund.purchaseId),
    status: refund.state,
    amount: renderMoney(refund.money),
    credits: creditsToJson(refund.credits),
    stripeRefundId: refund.stripeRefundId,
    problem: refund.problem,
    createdAt: refund.createdAt.toISOString(),
  };
}

/** What a dry run shows. */
export function renderPreview(
  purchaseId: PurchaseId,
  { money, credits }: DecidedRefund,
): z.output<typeof refundJson> {
  return {
    id: null,
    purchaseId: publicId("purchase", purchaseId),
    status: "preview",
    amount: renderMoney(money),
    credits: creditsToJson(credits),
    stripeRefundId: null,
    problem: null,
    createdAt: null,
  };
}
