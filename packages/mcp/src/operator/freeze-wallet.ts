import { z } from "zod";
import { quoted } from "../tools/bounded-text.js";
import { customerId, defineOperatorTool, reason, wallet, walletOf } from "./shapes.js";

/** Stops all spending of a customer. */
export const freezeWallet = defineOperatorTool({
  name: "freeze_wallet",
  title: "Freeze a wallet",
  description:
    "Stops all spending from a customer's wallet and all new holds, from the answer on; open holds can still be captured, and credits still arrive. The customer is then refused whatever costs credits. A wallet that is frozen already keeps its first reason. unfreeze_wallet undoes it.",
  effects: {
    readOnlyHint: false,
    destructiveHint: true,
    idempotentHint: true,
    openWorldHint: false,
  },
  input: z.object({
    customerId,
    reason: reason.meta({ description: "For operators; the customer does not see it." }),
  }),
  output: wallet,
  run: async ({ chargly, input, signal }) => {
    const { customerId: whose, reason: why } = input;
    const frozen = walletOf(await chargly.wallets.freeze(whose, { reason: why }, { signal }));
    return {
      data: frozen,
      text: `The wallet of ${quoted(whose)} is frozen since ${frozen.frozen?.since ?? "now"}; it has ${frozen.available} available.`,
    };
  },
});
