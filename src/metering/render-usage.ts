import { z } from "zod";
import { creditsToJson } from "../kernel/credits.js";
import { publicId } from "../kernel/ids.js";
import { creditsOut, timeOut } from "../platform/http/schemas.js";
import { balanceJson, renderBalance } from "../wallets/render.js";
import { transactionId } from "../wallets/rules.js";
import { exampleUsage } from "./examples.js";
import { type Usage, usageStates } from "./read-usage.js";

export const usageJson = z
  .object({
    id: z.string().meta({ description: "Your own id of the event, or ours when you sent none." }),
    eventId: z.string().meta({ examples: ["use_01k2x3v9g7f6q8r5s4t3w2y1z0"] }),
    customerId: z.string(),
    event: z.string(),
    model: z.string().nullable(),
    status: z.enum(usageStates),
    credits: creditsOut.meta({ description: "What was taken for it." }),
    price: creditsOut.nullable().meta({
      description: "What it costs. Null when the rate card could not price it.",
    }),
    shortfall: creditsOut.meta({ description: "What the wallet could not cover, by the policy." }),
    ownPrice: z.boolean().meta({ description: "Whether the price came with the event." }),
    rateCardVersion: z.int().meta({ description: "0: the project had no rate card." }),
    quantity: z.union([z.number(), z.string()]).nullable(),
    properties: z.record(z.string(), z.unknown()).nullable(),
    metadata: z.record(z.string(), z.unknown()).nullable(),
    at: timeOut.nullable(),
    holdId: z.string().nullable(),
    quoteId: z.string().nullable(),
    acceptedAt: timeOut,
    appliedAt: timeOut.nullable(),
    rejection: z
      .object({ code: z.string(), detail: z.string(), available: creditsOut.nullable() })
      .nullable()
      .meta({ description: "Why it was rejected, and what the wallet had then." }),
    transactions: z.array(z.string()).meta({ description: "What it moved, oldest first." }),
    balance: balanceJson
      .nullable()
      .meta({ description: "Right after it. Null: it moved nothing." }),
  })
  .meta({ id: "UsageEvent", examples: [exampleUsage] });

/** An event and what became of it, as the API shows it. */
export function renderUsage(usage: Usage): z.output<typeof usageJson> {
  const { event, rejection } = usage;
  return {
    id: event.key,
    eventId: publicId("usageEvent", event.id),
    customerId: usage.customerId,
    event: event.event,
    model: event.model,
    status: usage.state,
    credits: creditsToJson(usage.taken),
    price: event.credits === null ? null : creditsToJson(event.credits),
    shortfall: creditsToJson(usage.shortfall),
    ownPrice: event.ownPrice,
    rateCardVersion: event.rateCardVersion,
    quantity: event.quantity,
    properties: event.properties,
    metadata: event.metadata,
    at: event.occurredAt?.toISOString() ?? null,
    holdId: event.holdId === null ? null : publicId("hold", event.holdId),
    quoteId: event.quoteId === null ? null : publicId("quote", event.quoteId),
    acceptedAt: usage.acceptedAt.toISOString(),
    appliedAt: usage.appliedAt?.toISOString() ?? null,
    rejection: rejection && {
      code: rejection.reason,
      detail: rejection.detail,
      available: rejection.available === null ? null : creditsToJson(rejection.available),
    },
    transactions: usage.transfers.map((seq) => transactionId(event.walletId, seq)),
    balance: usage.after && renderBalance(usage.after),
  };
}
