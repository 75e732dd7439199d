import type { CreditPack } from "@chargly/sdk";
import { z } from "zod";
import { boundedText, quoted } from "../tools/bounded-text.js";
import { creditsOut, defineWalletTool } from "./shapes.js";

const packsMax = 50;
const nameCharsMax = 100;

export const price = z.object({
  amount: z.number().meta({ description: "In whole minor units: cents for usd." }),
  currency: z.string(),
  display: z.string(),
});

/** What can be bought. */
export const listCreditPacks = defineWalletTool({
  name: "list_credit_packs",
  title: "List credit packs",
  description:
    "The credit packs on sale: what a person can buy for this wallet, and for how much. create_checkout takes the code of one.",
  effects: {
    readOnlyHint: true,
    destructiveHint: false,
    idempotentHint: true,
    openWorldHint: false,
  },
  input: z.object({}),
  output: z.object({
    packs: z.array(
      z.object({
        code: z.string(),
        name: z.string(),
        credits: creditsOut.meta({ description: "Bonus included." }),
        price,
        validityDays: z
          .number()
          .nullable()
          .meta({ description: "Days until the credits expire. Null: never." }),
      }),
    ),
    complete: z.boolean().meta({ description: "Whether these are all." }),
  }),
  run: async ({ chargly, signal }) => {
    const packs = await chargly.listCreditPacks({ signal });
    const shown = packs.slice(0, packsMax).map(packOf);
    return {
      data: { packs: shown, complete: shown.length === packs.length },
      text:
        shown.length === 0
          ? "No credit pack is on sale."
          : shown
              .map(
                (pack) =>
                  `${pack.code}: ${pack.credits} credits for ${pack.price.display}, ${quoted(pack.name)}`,
              )
              .join("\n"),
    };
  },
});

function packOf({ code, name, credits, bonusCredits, price: cost, validityDays }: CreditPack) {
  return {
    code,
    name: boundedText(name, nameCharsMax),
    credits: Number((credits + bonusCredits).toFixed(6)),
    price: { amount: cost.amount, currency: cost.currency, display: cost.display },
    validityDays,
  };
}
