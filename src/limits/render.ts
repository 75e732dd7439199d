import { z } from "zod";
import { creditsToJson } from "../kernel/credits.js";
import { type ApiKeyId, publicId } from "../kernel/ids.js";
import { creditsOut, timeOut } from "../platform/http/schemas.js";
import { exampleAllowance, exampleKeyLimits, exampleWalletLimits } from "./examples.js";
import type { Allowance, Allowances } from "./rules.js";

const allowanceJson = z
  .object({
    limit: creditsOut.nullable().meta({ description: "Null: not limited." }),
    spent: creditsOut.nullable().meta({
      description:
        "In this minute, day or month of the calendar in UTC, holds in full. Null while there is no limit at all: then nothing is counted.",
    }),
    countedSince: timeOut.nullable().meta({
      description: "Later than the window's start when the first limit was set within it.",
    }),
    remaining: creditsOut.nullable().meta({ description: "May still be spent. Null: no limit." }),
    resetsAt: timeOut,
  })
  .meta({ id: "Allowance", examples: [exampleAllowance] });

const allowances = {
  perMinute: allowanceJson,
  perDay: allowanceJson,
  perMonth: allowanceJson,
};

export const walletLimitsJson = z
  .object({ customerId: z.string(), ...allowances })
  .meta({ id: "WalletSpendLimits", examples: [exampleWalletLimits] });

export const keyLimitsJson = z
  .object({ keyId: z.string(), ...allowances })
  .meta({ id: "ApiKeySpendLimits", examples: [exampleKeyLimits] });

export function renderWalletLimits(
  customerId: string,
  of: Allowances,
): z.output<typeof walletLimitsJson> {
  return { customerId, ...renderAllowances(of) };
}

export function renderKeyLimits(id: ApiKeyId, of: Allowances): z.output<typeof keyLimitsJson> {
  return { keyId: publicId("apiKey", id), ...renderAllowances(of) };
}

function renderAllowances({ minute, day, month }: Allowances) {
  return {
    perMinute: renderAllowance(minute),
    perDay: renderAllowance(day),
    perMonth: renderAllowance(month),
  };
}

function renderAllowance(of: Allowance): z.output<typeof allowanceJson> {
  const { limit, counted, remaining, resetsAt } = of;
  return {
    limit: limit === null ? null : creditsToJson(limit),
    spent: counted && creditsToJson(counted.spent),
    countedSince: counted && counted.since.toISOString(),
    remaining: remaining === null ? null : creditsToJson(remaining),
    resetsAt: resetsAt.toISOString(),
  };
}
