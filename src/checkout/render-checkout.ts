import { creditsToJson } from "../kernel/credits.js";
import { publicId } from "../kernel/ids.js";
import { renderMoney } from "../platform/http/schemas.js";
import type { Checkout } from "./read-checkout.js";
import { isOpen } from "./rules.js";

/** The states as an integrator sees them. A quarantined payment is held back for an operator to look at. */
export const checkoutStatuses = [
  "pending",
  "processing",
  "paid",
  "partially_refunded",
  "refunded",
  "failed",
  "expired",
  "canceled",
  "quarantined",
] as const;
export type CheckoutStatus = (typeof checkoutStatuses)[number];

export function checkoutStatus({ purchase }: Pick<Checkout, "purchase">): CheckoutStatus {
  if (purchase.quarantinedAt !== null) return "quarantined";
  return purchase.state === "created" ? "pending" : purchase.state;
}

/** Where to send the browser: to Stripe while there is something to pay, else to our page that says how it went. */
export function checkoutUrl({ purchase }: Pick<Checkout, "purchase">, publicUrl: string): string {
  const payable = isOpen(purchase) && purchase.state !== "processing";
  if (payable && purchase.checkoutUrl !== null) return purchase.checkoutUrl;
  const session = purchase.checkoutSessionId;
  const query = session === null ? "" : `?session_id=${encodeURIComponent(session)}`;
  return `${publicUrl}/checkout/${publicId("purchase", purchase.id)}${query}`;
}

/** A checkout as JSON. */
export function renderCheckout({ purchase, customerId }: Checkout, publicUrl: string) {
  return {
    id: publicId("purchase", purchase.id),
    customerId,
    status: checkoutStatus({ purchase }),
    checkoutUrl: checkoutUrl({ purchase }, publicUrl),
    description: purchase.description,
    credits: creditsToJson(purchase.credits),
    price: renderMoney(purchase.price),
    reversedCredits: creditsToJson(purchase.reversed),
    disputed: purchase.disputed,
    /** Why it is not paid yet, not credited, or not clear; null when all is well. */
    problem: purchase.problem,
    paidAt: purchase.paidAt?.toISOString() ?? null,
    createdAt: purchase.createdAt.toISOString(),
  };
}
