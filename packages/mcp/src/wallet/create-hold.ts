import { z } from "zod";
import { keyed } from "../tools/tool-error.js";
import { hold, holdOf } from "./hold-shape.js";
import { keyFor } from "./new-key.js";
import {
  balance,
  balanceOf,
  creditsIn,
  defineWalletTool,
  idempotencyKey,
  idOf,
  usedKey,
} from "./shapes.js";

/** Makes sure of credits before the work. */
export const createHold = defineWalletTool({
  name: "create_hold",
  title: "Set credits aside",
  description:
    "Sets credits aside for work whose cost is not known before, so that nothing else can spend them. Send credits, or the quoteId of a kept price. Then capture_hold what was used and release_hold the rest; what is neither goes back when the hold expires.",
  effects: {
    readOnlyHint: false,
    destructiveHint: false,
    idempotentHint: false,
    openWorldHint: false,
  },
  input: z.object({
    credits: creditsIn.optional(),
    quoteId: idOf("quote").optional(),
    expiresInSeconds: z.int().min(5).max(86_400).default(900),
    description: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .meta({ description: "For people; it stands on the statement." }),
    idempotencyKey,
  }),
  output: hold.extend({ balance, idempotencyKey: usedKey }),
  run: async ({ chargly, customerId, input, signal }) => {
    const { idempotencyKey: given, ...order } = input;
    const key = keyFor(given);
    const placed = await keyed(key, () =>
      chargly.holds.create({ ...order, customerId }, { signal, idempotencyKey: key }),
    );
    return {
      data: { ...holdOf(placed), balance: balanceOf(placed.balance), idempotencyKey: key },
      text: `Set ${placed.credits} credits aside as ${placed.id} until ${placed.expiresAt}. ${placed.balance.available} can still be spent.`,
    };
  },
});
