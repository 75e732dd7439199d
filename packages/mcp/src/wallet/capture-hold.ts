import { z } from "zod";
import { keyed } from "../tools/tool-error.js";
import { hold, holdOf } from "./hold-shape.js";
import { keyFor } from "./new-key.js";
import { assertOwnHold } from "./own-wallet.js";
import {
  balance,
  balanceOf,
  creditsIn,
  creditsOut,
  defineWalletTool,
  idempotencyKey,
  idOf,
  usedKey,
} from "./shapes.js";

/** Spends from what was set aside. */
export const captureHold = defineWalletTool({
  name: "capture_hold",
  title: "Spend from a hold",
  description:
    "Spends credits that a hold has set aside. With close, which is usual, the rest goes back at once; without it more can be captured later. Fails without taking anything when the hold has not that many left, or has ended.",
  effects: {
    readOnlyHint: false,
    destructiveHint: true,
    idempotentHint: false,
    openWorldHint: false,
  },
  input: z.object({
    holdId: idOf("hold"),
    credits: creditsIn,
    close: z.boolean().default(true),
    idempotencyKey,
  }),
  output: z.object({
    captureId: z.string().meta({ description: "Its transactions have it as their cause." }),
    credits: creditsOut.meta({ description: "What was taken." }),
    hold,
    balance,
    idempotencyKey: usedKey,
  }),
  run: async ({ input, signal, ...access }) => {
    const { holdId, credits, close } = input;
    // What closes a hold happens once, so the same call again is the same act.
    const own = close ? `capture-${holdId}-${credits}` : undefined;
    const key = keyFor(input.idempotencyKey ?? own);
    const captured = await keyed(key, async () => {
      await assertOwnHold(access, holdId, signal);
      const options = { signal, idempotencyKey: key };
      return access.chargly.holds.capture(holdId, { credits, close }, options);
    });
    return {
      data: {
        captureId: captured.id,
        credits: captured.credits,
        hold: holdOf(captured.hold),
        balance: balanceOf(captured.balance),
        idempotencyKey: key,
      },
      text: `Took ${captured.credits} credits from ${holdId}, which is ${captured.hold.state} now with ${captured.hold.left} left. ${captured.balance.available} can be spent.`,
    };
  },
});
