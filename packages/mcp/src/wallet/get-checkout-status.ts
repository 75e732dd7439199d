import { z } from "zod";
import { checkout, checkoutOf } from "./checkout-shape.js";
import { assertOwn } from "./own-wallet.js";
import { defineWalletTool, idOf } from "./shapes.js";

/** Below what proxies in between allow for an answer. */
const waitSecondsMax = 25;

/** Whether a person has paid. */
export const getCheckoutStatus = defineWalletTool({
  name: "get_checkout_status",
  title: "Look whether a checkout is paid",
  description:
    "The state of a checkout. With waitSeconds it answers as soon as the payment is settled, or when that time is over: call it again then. Only `paid` is paid, and then the credits are in the wallet.",
  effects: {
    readOnlyHint: true,
    destructiveHint: false,
    idempotentHint: true,
    openWorldHint: true,
  },
  input: z.object({
    checkoutId: idOf("pur"),
    waitSeconds: z.int().min(0).max(waitSecondsMax).default(0),
  }),
  output: checkout.extend({
    settled: z.boolean().meta({ description: "Whether waiting would change anything." }),
  }),
  run: async ({ input, signal, ...access }) => {
    const { checkoutId, waitSeconds } = input;
    const found = await access.chargly.checkouts.wait(checkoutId, {
      forSeconds: waitSeconds,
      signal,
    });
    assertOwn(access, found.customerId);
    const settled = found.status !== "pending" && found.status !== "processing";
    const data = { ...checkoutOf(found), settled };
    return {
      data,
      text: settled
        ? `The checkout ${checkoutId} of ${data.credits} credits is ${data.status}.`
        : `The checkout ${checkoutId} is ${data.status}. A person can pay here: ${data.checkoutUrl}`,
    };
  },
});
