import { z } from "zod";
import { keyed } from "../tools/tool-error.js";
import {
  balance,
  balanceOf,
  creditsIn,
  creditsOut,
  defineWalletTool,
  eventName,
  idOf,
  priceProperties,
  quantity,
} from "./shapes.js";
import { eventIdFor } from "./new-key.js";

/** Spends. */
export const meterEvent = defineWalletTool({
  name: "meter_event",
  title: "Charge an event",
  description:
    "Charges one thing that was done to the wallet, now, and answers when it is charged. The price comes from the rate card, by quantity or properties. Fails without taking anything when the wallet or the token's budget cannot pay. Do not call it again for the same thing without its eventId: that would charge twice.",
  effects: {
    readOnlyHint: false,
    destructiveHint: true,
    idempotentHint: false,
    openWorldHint: false,
  },
  input: z.object({
    event: eventName,
    quantity: quantity.optional(),
    properties: priceProperties.optional(),
    credits: creditsIn.optional().meta({
      description:
        "Its cost instead of the rate card's price. Only for tokens that may name prices.",
    }),
    holdId: idOf("hold").optional().meta({ description: "The hold that pays for it." }),
    quoteId: idOf("quote").optional().meta({ description: "The quote whose price it has." }),
    eventId: z
      .string()
      .regex(/^(?:agent_)?[\x21-\x7e]{1,122}$/, { error: "1 to 122 visible ASCII characters." })
      .optional()
      .meta({
        description:
          "Your id of it, answered with agent_ before it where it has not. The same id is the same event and is charged once. Left out, one is made and answered: send that to repeat a call whose outcome is unknown.",
      }),
  }),
  output: z.object({
    eventId: z.string().meta({ description: "Its id: sent again it is the same event." }),
    usageId: z.string().meta({ description: "Chargly's id of it." }),
    event: z.string(),
    credits: creditsOut.meta({ description: "What was taken." }),
    shortfall: creditsOut.meta({ description: "What was not there and was let go." }),
    balance: balance.nullable().meta({
      description: "Right after it. Null for an event that an earlier call charged.",
    }),
  }),
  run: async ({ chargly, customerId, kind, input, signal }) => {
    const { eventId, event, ...what } = input;
    const id = eventIdFor(kind, eventId);
    const metered = await keyed(id, () =>
      chargly.usage.meter({ ...what, event, id, customerId }, { signal }),
    );
    const { credits, shortfall } = metered;
    const left =
      metered.balance === null ? "" : ` ${metered.balance.available} can still be spent.`;
    return {
      data: {
        eventId: id,
        usageId: metered.eventId,
        event,
        credits,
        shortfall,
        balance: metered.balance === null ? null : balanceOf(metered.balance),
      },
      text: `Charged ${credits} credits for ${JSON.stringify(event)} (event ${id}).${left}`,
    };
  },
});
