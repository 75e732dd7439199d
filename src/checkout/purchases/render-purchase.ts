import { z } from "zod";
import { creditsToJson, zeroCredits } from "../../kernel/credits.js";
import { publicId } from "../../kernel/ids.js";
import { creditsOut, moneyOut, renderMoney, timeOut } from "../../platform/http/schemas.js";
import { checkoutStatus, checkoutStatuses } from "../render-checkout.js";
import type { KeptReturn } from "../returns/read-returns.js";
import type { BoughtCredits } from "./list-purchases.js";
import type { PurchaseStory } from "./read-purchase.js";

const examplePurchase = {
  id: "pur_01k2x3v9g7f6q8r5s4t3w2y1z0",
  customerId: "user_123",
  status: "partially_refunded",
  creditPack: { code: "starter-500", version: 1, name: "Starter" },
  description: "500 credits",
  price: { amount: 999, currency: "usd", display: "$9.99" },
  credits: 500,
  grantedCredits: 500,
  reversedCredits: 100,
  usedCredits: 150,
  remainingCredits: 250,
  heldCredits: 0,
  expiresAt: null,
  disputed: false,
  problem: null,
  stripe: {
    account: "acct_1Qm2xKLkdIwHu7ix",
    livemode: false,
    checkoutSession: "cs_test_a1b2c3d4e5f6",
    paymentIntent: "pi_3Qm2xKLkdIwHu7ix0a1b2c3d",
    charge: "ch_3Qm2xKLkdIwHu7ix0a1b2c3d",
  },
  paidAt: "2026-01-31T12:01:10.000Z",
  createdAt: "2026-01-31T12:00:00.000Z",
} as const;

const purchaseFields = {
  id: z.string().meta({ examples: ["pur_01k2x3v9g7f6q8r5s4t3w2y1z0"] }),
  customerId: z.string(),
  status: z.enum(checkoutStatuses),
  creditPack: z.object({
    code: z.string().meta({ examples: ["starter-500"] }),
    version: z.int().meta({ description: "The version of the pack that was sold." }),
    name: z.string(),
  }),
  description: z.string(),
  price: moneyOut,
  credits: creditsOut.meta({ description: "What was agreed, with the bonus of the pack." }),
  grantedCredits: creditsOut.meta({ description: "What the wallet got for it: all or none." }),
  reversedCredits: creditsOut.meta({
    description: "What of that was taken back for refunds and disputes, or is owed for them.",
  }),
  usedCredits: creditsOut.meta({
    description: "What of that was spent, has expired, or paid what the wallet owed.",
  }),
  remainingCredits: creditsOut.meta({ description: "What of that is left unspent." }),
  heldCredits: creditsOut.meta({
    description:
      "What of the rest is set aside: by holds, for a refund under way, or because of a warning of fraud.",
  }),
  expiresAt: timeOut.nullable().meta({ description: "When the unspent rest expires." }),
  disputed: z.boolean().meta({ description: "A dispute withholds money of the payment now." }),
  problem: z.string().nullable().meta({
    description:
      "Why it is not paid yet, or not credited, or why refunds of it are not clear. Null when all is well.",
  }),
  stripe: z
    .object({
      account: z.string(),
      livemode: z.boolean(),
      checkoutSession: z.string().nullable(),
      paymentIntent: z.string().nullable(),
      charge: z.string().nullable(),
    })
    .meta({ description: "Where the payment is at Stripe." }),
  paidAt: timeOut.nullable(),
  createdAt: timeOut,
};

export const purchaseJson = z
  .object(purchaseFields)
  .meta({ id: "Purchase", examples: [examplePurchase] });

export const purchaseStoryJson = z
  .object({
    ...purchaseFields,
    returns: z
      .array(
        z.object({
          kind: z.enum(["refund", "dispute"]),
          id: z.string().meta({ description: "Its id at Stripe." }),
          status: z.string().meta({ description: "In Stripe's words.", examples: ["succeeded"] }),
          amount: moneyOut,
          withheld: moneyOut.nullable().meta({
            description: "What a dispute withholds now. Null for a refund.",
          }),
          createdAt: timeOut,
        }),
      )
      .meta({ description: "Refunds and disputes as Stripe said them last, the oldest first." }),
  })
  .meta({
    id: "PurchaseWithReturns",
    examples: [
      {
        ...examplePurchase,
        returns: [
          {
            kind: "refund",
            id: "re_3Qm2xKLkdIwHu7ix0a1b2c3d",
            status: "succeeded",
            amount: { amount: 199, currency: "usd", display: "$1.99" },
            withheld: null,
            createdAt: "2026-01-31T12:30:00.000Z",
          },
        ],
      },
    ],
  });

/** A purchase as JSON, without what went back of it. */
export function renderPurchase({ purchase, customerId, pack, lot }: BoughtCredits) {
  return {
    id: publicId("purchase", purchase.id),
    customerId,
    status: checkoutStatus({ purchase }),
    creditPack: { code: pack.code, version: pack.version, name: purchase.packName },
    description: purchase.description,
    price: renderMoney(purchase.price),
    credits: creditsToJson(purchase.credits),
    grantedCredits: creditsToJson(purchase.granted),
    reversedCredits: creditsToJson(purchase.reversed),
    usedCredits: creditsToJson(lot?.used ?? zeroCredits),
    remainingCredits: creditsToJson(lot?.remaining ?? zeroCredits),
    heldCredits: creditsToJson(lot?.held ?? zeroCredits),
    expiresAt: lot?.expiresAt?.toISOString() ?? null,
    disputed: purchase.disputed,
    problem: purchase.problem,
    stripe: {
      account: purchase.accountId,
      livemode: purchase.livemode,
      checkoutSession: purchase.checkoutSessionId,
      paymentIntent: purchase.paymentIntentId,
      charge: purchase.chargeId,
    },
    paidAt: purchase.paidAt?.toISOString() ?? null,
    createdAt: purchase.createdAt.toISOString(),
  };
}

/** A purchase as JSON, with its refunds and disputes. */
export function renderPurchaseStory(story: PurchaseStory) {
  return { ...renderPurchase(story), returns: story.returns.map(renderReturn) };
}

function renderReturn({ kind, id, status, createdAt, ...money }: KeptReturn) {
  const { currency, withheldMinor } = money;
  return {
    kind,
    id,
    status,
    amount: renderMoney(money),
    withheld: withheldMinor === null ? null : renderMoney({ amountMinor: withheldMinor, currency }),
    createdAt: createdAt.toISOString(),
  };
}
