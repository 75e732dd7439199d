import type { Balance } from "@chargly/sdk";
import { z } from "zod";
import { defineToolFor } from "../tools/define-tool.js";
import type { WalletAccess } from "../server/identity.js";

/** Declares a tool of agents that act for one wallet. */
export const defineWalletTool = defineToolFor<WalletAccess>();

/** Credits that are asked for. */
export const creditsIn = z
  .number()
  .gt(0)
  .lt(1_000_000_000)
  .meta({ description: "Credits, with at most six decimals." });

export const creditsOut = z.number();

export const balance = z.object({
  available: creditsOut.meta({ description: "Can be spent now." }),
  held: creditsOut.meta({ description: "Set aside by open holds." }),
  debt: creditsOut.meta({ description: "Owed; the next credits pay it first." }),
  total: creditsOut.meta({ description: "available + held - debt" }),
});

/** A balance without what the answer may have besides. */
export function balanceOf({ available, held, debt, total }: Balance): z.infer<typeof balance> {
  return { available, held, debt, total };
}

export const eventName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, {
    error: "1 to 64 lower-case letters, digits, dots, dashes and underscores.",
  })
  .meta({ description: "What is done, as the rate card names it: chat.reply" });

export const quantity = z
  .number()
  .gt(0)
  .max(1_000_000_000_000)
  .meta({ description: "How many, where the price is for each." });

const properties = z
  .record(z.string().max(64), z.union([z.number(), z.string().max(256)]))
  .refine((record) => Object.keys(record).length <= 20, { error: "At most 20 properties." });

export const priceProperties = properties.meta({
  description: "What the price depends on: { model, inputTokens, outputTokens }",
});

/** An id of Chargly's. */
export function idOf(prefix: "hold" | "pur" | "quote") {
  return z
    .string()
    .regex(new RegExp(`^${prefix}_[0-9a-z]{26}$`), { error: `An id begins with ${prefix}_.` });
}

export const idempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]{1,128}$/, { error: "1 to 128 visible ASCII characters." })
  .optional()
  .meta({
    description:
      "Makes a repeated call the same act. Left out, one is made and answered: send that to repeat a call whose outcome is unknown.",
  });

export const usedKey = z
  .string()
  .meta({ description: "The same call with it is the same act, and changes nothing." });

/** The sum of credits, exact: numbers are added as whole millionths. */
export function totalOf(credits: readonly number[]): number {
  return credits.reduce((sum, each) => sum + Math.round(each * 1e6), 0) / 1e6;
}
