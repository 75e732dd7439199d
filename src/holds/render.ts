import { z } from "zod";
import type { Credits } from "../kernel/credits.js";
import { creditsToJson } from "../kernel/credits.js";
import { publicId } from "../kernel/ids.js";
import { type Hold, type HoldOfWallet, holdStates } from "../ledger/read-hold.js";
import { creditsOut, timeOut } from "../platform/http/schemas.js";
import { balanceJson, renderBalance } from "../wallets/render.js";
import { exampleCapture, exampleHold, exampleHoldWithBalance } from "./examples.js";
import type { CapturedHold } from "./hold-call.js";
import { overCaptures } from "./rules.js";

const hold = {
  id: z.string().meta({ examples: ["hold_01k2x3v9g7f6q8r5s4t3w2y1z0"] }),
  customerId: z.string(),
  state: z.enum(holdStates).meta({
    description: "`open` until nothing is left of it; expired ones go back within seconds.",
  }),
  credits: creditsOut.meta({ description: "What was set aside." }),
  captured: creditsOut.meta({ description: "What was spent of it." }),
  released: creditsOut.meta({ description: "What went back into the wallet." }),
  left: creditsOut.meta({ description: "What can still be captured." }),
  overCapture: z.enum(overCaptures),
  rateCardVersion: z
    .int()
    .nullable()
    .meta({ description: "What it pays for is priced by it. Null without a rate card." }),
  description: z.string().nullable(),
  createdAt: timeOut,
  expiresAt: timeOut,
  endedAt: timeOut.nullable(),
};

/** On a list. */
export const holdJson = z.object(hold).meta({ id: "Hold", examples: [exampleHold] });

export const holdWithBalanceJson = z
  .object({
    ...hold,
    balance: balanceJson.meta({ description: "The wallet's, at the same moment." }),
  })
  .meta({ id: "HoldWithBalance", examples: [exampleHoldWithBalance] });

export const captureJson = z
  .object({
    id: z.string().meta({ description: "Its transactions have it as their cause." }),
    holdId: z.string(),
    credits: creditsOut.meta({ description: "What was taken." }),
    shortfall: creditsOut.meta({
      description: "What was asked for and could not be taken; only with `upToAvailable`.",
    }),
    hold: holdJson,
    balance: balanceJson,
  })
  .meta({ id: "Capture", examples: [exampleCapture] });

/** A hold of a customer as JSON. */
export function renderHold(of: Hold, customerId: string): z.output<typeof holdJson> {
  const { amount, captured, released, rateCardVersion } = of;
  return {
    id: publicId("hold", of.id),
    customerId,
    state: of.state,
    credits: creditsToJson(amount),
    captured: creditsToJson(captured),
    released: creditsToJson(released),
    left: creditsToJson((amount - captured - released) as Credits),
    overCapture: of.overCapture,
    rateCardVersion: rateCardVersion === 0 ? null : rateCardVersion,
    description: of.description,
    createdAt: of.createdAt.toISOString(),
    expiresAt: of.expiresAt.toISOString(),
    endedAt: of.endedAt?.toISOString() ?? null,
  };
}

/** The same with its wallet's balance. */
export function renderHoldOfWallet(of: HoldOfWallet): z.output<typeof holdWithBalanceJson> {
  return { ...renderHold(of.hold, of.customerId), balance: renderBalance(of.balances) };
}

export function renderCapture(of: CapturedHold): z.output<typeof captureJson> {
  return {
    id: publicId("capture", of.id),
    holdId: publicId("hold", of.hold.id),
    credits: creditsToJson(of.taken),
    shortfall: creditsToJson(of.shortfall),
    hold: renderHold(of.hold, of.customerId),
    balance: renderBalance(of.balances),
  };
}
