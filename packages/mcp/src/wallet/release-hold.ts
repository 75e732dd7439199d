import { z } from "zod";
import { keyed } from "../tools/tool-error.js";
import { hold, holdOf } from "./hold-shape.js";
import { assertOwnHold } from "./own-wallet.js";
import { balance, balanceOf, defineWalletTool, idempotencyKey, idOf, usedKey } from "./shapes.js";

/** Gives back what was set aside. */
export const releaseHold = defineWalletTool({
  name: "release_hold",
  title: "Give a hold back",
  description:
    "Ends a hold: what is left of it can be spent again. Fails when the hold has ended already; its state says how.",
  effects: {
    readOnlyHint: false,
    destructiveHint: false,
    idempotentHint: true,
    openWorldHint: false,
  },
  input: z.object({ holdId: idOf("hold"), idempotencyKey }),
  output: hold.extend({ balance, idempotencyKey: usedKey }),
  run: async ({ input, signal, ...access }) => {
    const { holdId } = input;
    // A hold ends once: without a key of the caller's, any other call for it is the same act.
    const key = input.idempotencyKey ?? `release-${holdId}`;
    const ended = await keyed(key, async () => {
      await assertOwnHold(access, holdId, signal);
      return access.chargly.holds.release(holdId, { signal, idempotencyKey: key });
    });
    return {
      data: { ...holdOf(ended), balance: balanceOf(ended.balance), idempotencyKey: key },
      text: `Gave ${ended.released} credits of ${ended.id} back. ${ended.balance.available} can be spent.`,
    };
  },
});
