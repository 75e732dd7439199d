import { z } from "zod";
import { quoted } from "../tools/bounded-text.js";
import { customerId, defineOperatorTool, reason, wallet, walletOf } from "./shapes.js";

/** Lets a customer spend again. */
export const unfreezeWallet = defineOperatorTool({
  name: "unfreeze_wallet",
  title: "Unfreeze a wallet",
  description:
    "Lets a customer's wallet be spent from again. A wallet that is not frozen stays as it is. Find out first why it was frozen: its reason is in the wallet.",
  effects: {
    readOnlyHint: false,
    destructiveHint: false,
    idempotentHint: true,
    openWorldHint: false,
  },
  input: z.object({
    customerId,
    reason: reason.optional().meta({ description: "For the audit log." }),
  }),
  output: wallet,
  run: async ({ chargly, input, signal }) => {
    const { customerId: whose, reason: why } = input;
    const because = why === undefined ? {} : { reason: why };
    const free = walletOf(await chargly.wallets.unfreeze(whose, because, { signal }));
    return {
      data: free,
      text: `The wallet of ${quoted(whose)} is not frozen; it has ${free.available} available.`,
    };
  },
});
