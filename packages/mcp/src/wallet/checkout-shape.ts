import type { Checkout } from "@chargly/sdk";
import { z } from "zod";
import { boundedText } from "../tools/bounded-text.js";
import { price } from "./list-credit-packs.js";
import { creditsOut } from "./shapes.js";

export const checkout = z.object({
  checkoutId: z.string(),
  status: z.enum([
    "pending",
    "processing",
    "paid",
    "partially_refunded",
    "refunded",
    "failed",
    "expired",
    "canceled",
    "quarantined",
  ]),
  checkoutUrl: z.string().meta({ description: "Give it to a person: only a person can pay." }),
  credits: creditsOut.meta({ description: "What the wallet gets once it is paid." }),
  price,
  problem: z.string().nullable(),
  paidAt: z.string().nullable(),
});

export function checkoutOf(found: Checkout): z.infer<typeof checkout> {
  const { id, status, checkoutUrl, credits, price: cost, problem, paidAt } = found;
  return {
    checkoutId: id,
    status,
    checkoutUrl,
    credits,
    price: { amount: cost.amount, currency: cost.currency, display: cost.display },
    problem: problem === null ? null : boundedText(problem, 200),
    paidAt,
  };
}
