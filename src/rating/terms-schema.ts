import { z } from "zod";
import { creditsToJson } from "../kernel/credits.js";
import { creditsOut, nonNegativeCredits, positiveCredits } from "../platform/http/schemas.js";
import {
  formatDecimal,
  limits,
  modelPattern,
  modelProperty,
  parsePrice,
  priceDecimals,
  propertyNamePattern,
} from "./rules.js";
import { eventName } from "./units-schema.js";

const priceDescription =
  "Credits, 0 or more and below 1,000,000,000, with at most twelve decimals. A string of digits, or a number of at most fifteen.";

/** A price in any exact notation, as its digits. */
const priceIn = z
  .union([z.number(), z.string()], { error: `${priceDescription} Send "0.00000015".` })
  .transform((input, context) => {
    const pico = parsePrice(input);
    if (pico !== undefined) return formatDecimal(pico, priceDecimals);
    context.addIssue({ code: "custom", message: priceDescription, input });
    return z.NEVER;
  })
  .meta({ description: priceDescription, examples: ["0.00000015"] });

const per = z
  .int()
  .min(1)
  .max(limits.per)
  .default(1)
  .meta({ description: "The price is for so many units.", examples: [1_000_000] });

const unitPrice = { credits: priceIn, per };

const propertyName = z
  .string()
  .regex(propertyNamePattern, {
    error: "A property has 1 to 64 letters, digits and underscores, and starts with a letter.",
  })
  .refine((name) => name !== modelProperty, {
    error: `"${modelProperty}" is a name and has no price. Price by model with { "type": "models" }.`,
  });

const modelName = z.string().regex(modelPattern, {
  error:
    "A model has 1 to 128 letters, digits, spaces and any of . _ : / @ + -, and starts with a letter or digit.",
});

function atMost<T extends object>(many: z.ZodType<T>, max: number, what: string) {
  return many.refine((all) => between(1, Object.keys(all).length, max), {
    error: `Name 1 to ${max} ${what}.`,
  });
}

function between(min: number, count: number, max: number): boolean {
  return count >= min && count <= max;
}

const flat = z.strictObject({ type: z.literal("flat"), credits: priceIn });
const byQuantity = z.strictObject({ type: z.literal("quantity"), ...unitPrice });
const byProperties = z.strictObject({
  type: z.literal("properties"),
  properties: atMost(
    z.record(propertyName, z.strictObject(unitPrice)),
    limits.propertiesPerPrice,
    "properties",
  ),
  base: priceIn.default("0").meta({ description: "Charged once per event, beside the rest." }),
});
const simplePrice = z.discriminatedUnion("type", [flat, byQuantity, byProperties]);
const byModel = z.strictObject({
  type: z.literal("models"),
  models: atMost(z.record(modelName, simplePrice), limits.modelsPerTable, "models"),
  default: simplePrice.optional().meta({ description: "For models that are not named." }),
});

const shortfall = z
  .discriminatedUnion("policy", [
    z.strictObject({ policy: z.literal("reject") }),
    z.strictObject({ policy: z.literal("upToAvailable") }),
    z.strictObject({ policy: z.literal("debt"), limit: positiveCredits.transform(creditsToJson) }),
  ])
  .meta({
    description:
      "When the wallet cannot cover it: reject it, take what is available, or let the wallet owe up to a limit.",
  });

const rate = z.strictObject({
  price: z.discriminatedUnion("type", [flat, byQuantity, byProperties, byModel]),
  minimum: nonNegativeCredits
    .prefault(0)
    .transform(creditsToJson)
    .meta({ description: "Credits that each event costs at least.", examples: [0.01] }),
  rounding: z.enum(["up", "down", "nearest"]).default("up").meta({
    description: "To whole millionths of a credit, once per event; nearest takes a half up.",
  }),
  shortfall: shortfall.optional(),
});

/** The terms of a rate card as callers write them; what it makes is the one form that is stored and answered. */
export const rateCardTerms = z.object({
  events: atMost(z.record(eventName, rate), limits.eventsPerCard, "events"),
  shortfall: shortfall.default({ policy: "reject" }),
});

const unitPriceOut = {
  credits: z.string().meta({ description: "Credits, by their digits." }),
  per: z.int(),
};
const simplePriceOut = z.discriminatedUnion("type", [
  z.object({ type: z.literal("flat"), credits: unitPriceOut.credits }),
  z.object({ type: z.literal("quantity"), ...unitPriceOut }),
  z.object({
    type: z.literal("properties"),
    properties: z.record(z.string(), z.object(unitPriceOut)),
    base: unitPriceOut.credits,
  }),
]);
const shortfallOut = z.discriminatedUnion("policy", [
  z.object({ policy: z.literal("reject") }),
  z.object({ policy: z.literal("upToAvailable") }),
  z.object({ policy: z.literal("debt"), limit: creditsOut }),
]);

/** The same terms as Chargly answers them. They may be sent back as they are. */
export const rateCardTermsOut = {
  events: z.record(
    z.string(),
    z.object({
      price: z.union([
        simplePriceOut,
        z.object({
          type: z.literal("models"),
          models: z.record(z.string(), simplePriceOut),
          default: simplePriceOut.optional(),
        }),
      ]),
      minimum: creditsOut,
      rounding: z.enum(["up", "down", "nearest"]),
      shortfall: shortfallOut.optional(),
    }),
  ),
  shortfall: shortfallOut,
};
