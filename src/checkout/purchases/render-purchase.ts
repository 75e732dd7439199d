import { creditsToJson, zeroCredits } from "../../kernel/credits.js";
import { publicId } from "../../kernel/ids.js";
import { renderMoney } from "../../platform/http/schemas.js";
import { checkoutStatus } from "../render-checkout.js";
import type { KeptReturn } from "../returns/read-returns.js";
import type { BoughtCredits } from "./list-purchases.js";
import type { PurchaseStory } from "./read-purchase.js";

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
