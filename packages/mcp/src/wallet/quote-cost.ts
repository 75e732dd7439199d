import type { PriceLine, Quote } from "@chargly/sdk";
import { z } from "zod";
import { boundedText } from "../tools/bounded-text.js";
import { creditsOut, defineWalletTool, eventName, priceProperties, quantity } from "./shapes.js";

const linesMax = 30;

export const priceLine = z.object({
  what: z.string().meta({ description: "What is counted: properties.inputTokens" }),
  units: z.string(),
  unitPrice: z.string().meta({ description: "Credits for `per` units." }),
  per: z.number(),
  credits: z.string().meta({ description: "Before rounding." }),
});

export function priceLinesOf(lines: readonly PriceLine[]): z.infer<typeof priceLine>[] {
  return lines.slice(0, linesMax).map(({ what, units, unitPrice, per, credits }) => ({
    what: boundedText(what, 100),
    units,
    unitPrice,
    per,
    credits,
  }));
}

/** What something would cost. */
export const quoteCost = defineWalletTool({
  name: "quote_cost",
  title: "Ask what an event costs",
  description:
    "What an event would cost by the rate card, whether the wallet can pay it now, and the most it could pay. Takes nothing. With freezeSeconds the price is kept: meter_event or create_hold take the quoteId once.",
  effects: {
    readOnlyHint: false,
    destructiveHint: false,
    idempotentHint: true,
    openWorldHint: false,
  },
  input: z.object({
    event: eventName,
    quantity: quantity.optional(),
    properties: priceProperties.optional(),
    freezeSeconds: z.int().min(60).max(3_600).optional(),
  }),
  output: z.object({
    event: z.string(),
    credits: creditsOut.meta({ description: "What it costs." }),
    affordable: z.boolean(),
    because: z
      .string()
      .nullable()
      .meta({ description: "Why not, by the code that spending it would fail with." }),
    available: creditsOut,
    shortBy: creditsOut.meta({ description: "Credits that would have to come in first." }),
    maxAffordable: z.object({
      of: z.string(),
      units: z.number().nullable().meta({ description: "Null: no limit." }),
    }),
    rateCardVersion: z.number(),
    lines: z.array(priceLine),
    quoteId: z.string().nullable(),
    expiresAt: z.string().nullable().meta({ description: "Of the kept price." }),
  }),
  run: async ({ chargly, customerId, input, signal }) => {
    const { event } = input;
    const quote = await chargly.quote({ ...input, customerId }, { signal });
    const { credits, affordable, because, available, shortBy } = quote;
    return {
      data: {
        event,
        credits,
        affordable,
        because,
        available,
        shortBy,
        maxAffordable: { of: quote.maxAffordable.of, units: quote.maxAffordable.units },
        rateCardVersion: quote.rateCardVersion,
        lines: priceLinesOf(quote.lines),
        quoteId: quote.quoteId ?? null,
        expiresAt: quote.expiresAt ?? null,
      },
      text: quoteText(event, quote),
    };
  },
});

function quoteText(event: string, quote: Quote): string {
  const { credits, affordable, because, shortBy, available, quoteId, expiresAt } = quote;
  return [
    `${JSON.stringify(event)} costs ${credits} credits; ${available} can be spent.`,
    affordable
      ? "It can be paid."
      : `It cannot be paid (${because ?? "refused"}), short by ${shortBy}.`,
    ...(quoteId === undefined
      ? []
      : [`The price is kept until ${expiresAt ?? "then"} as ${quoteId}.`]),
  ].join(" ");
}
