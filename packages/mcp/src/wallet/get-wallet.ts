import { z } from "zod";
import { balance, balanceOf, defineWalletTool } from "./shapes.js";

/** What is there to be spent. */
export const getWallet = defineWalletTool({
  name: "get_wallet",
  title: "Read the wallet",
  description:
    "The credits of the wallet that this token acts for: what can be spent now, what is set aside, what is owed. Call it before work that costs credits.",
  effects: {
    readOnlyHint: true,
    destructiveHint: false,
    idempotentHint: true,
    openWorldHint: false,
  },
  input: z.object({}),
  output: balance.extend({
    frozenSince: z
      .string()
      .nullable()
      .meta({ description: "While it is set, an operator lets nothing be spent." }),
  }),
  run: async ({ chargly, customerId, signal }) => {
    const wallet = await chargly.getWallet(customerId, { signal });
    const frozenSince = wallet.frozen?.since ?? null;
    return {
      data: { ...balanceOf(wallet), frozenSince },
      text: `${wallet.available} credits can be spent; ${wallet.held} are set aside, ${wallet.debt} owed.${frozenSince === null ? "" : ` The wallet is frozen since ${frozenSince}: nothing can be spent.`}`,
    };
  },
});
