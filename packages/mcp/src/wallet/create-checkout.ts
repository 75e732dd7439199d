import { z } from "zod";
import { keyed } from "../tools/tool-error.js";
import { checkout, checkoutOf } from "./checkout-shape.js";
import { keyFor } from "./new-key.js";
import { defineWalletTool, idempotencyKey, usedKey } from "./shapes.js";

/** Offers credits for sale. */
export const createCheckout = defineWalletTool({
  name: "create_checkout",
  title: "Make a checkout link",
  description:
    "Makes a Stripe Checkout link by which a person can buy a credit pack for this wallet. Nothing is paid by calling it: show checkoutUrl to a person, then wait with get_checkout_status. While a checkout of the same pack is open, the same link is answered again.",
  effects: {
    readOnlyHint: false,
    destructiveHint: false,
    idempotentHint: false,
    openWorldHint: true,
  },
  input: z.object({
    creditPackCode: z
      .string()
      .min(1)
      .max(64)
      .meta({ description: "As list_credit_packs answers it." }),
    idempotencyKey,
  }),
  output: checkout.extend({ idempotencyKey: usedKey }),
  run: async ({ chargly, customerId, input, signal }) => {
    const key = keyFor(input.idempotencyKey);
    const { creditPackCode } = input;
    const made = await keyed(key, () =>
      chargly.checkouts.create({ customerId, creditPackCode }, { signal, idempotencyKey: key }),
    );
    const data = { ...checkoutOf(made), idempotencyKey: key };
    return {
      data,
      text: `A person can pay ${data.price.display} for ${data.credits} credits here: ${data.checkoutUrl}\nThen ask get_checkout_status for ${data.checkoutId}.`,
    };
  },
});
