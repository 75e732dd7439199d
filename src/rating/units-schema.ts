import { z } from "zod";
import { eventNamePattern, parseUnits, propertyNamePattern } from "./rules.js";

const propertiesMax = 50;
const textLengthMax = 255;

/** The name of an action that a rate card may price. */
export const eventName = z
  .string()
  .regex(eventNamePattern, {
    error:
      "An event has 1 to 64 lower-case letters, digits, dots, dashes and underscores, and starts with a letter or digit.",
  })
  .meta({ description: "What was done, as the rate card names it.", examples: ["chat.reply"] });

const quantityDescription =
  "How many, 0 to 1,000,000,000,000 with at most six decimals, as a number or as a string of digits.";

/** What an event counted, exactly as it was written. Take it with `exactNumbers`. */
export const quantity = z
  .union([z.number(), z.string()])
  .refine((value) => parseUnits(value) !== undefined, { error: `${quantityDescription} Send 3.` })
  .meta({ description: quantityDescription, examples: [3, "2.5"] });

/** The event's properties: what the price depends on, and anything else that is worth keeping. */
export const properties = z
  .record(
    z.string().regex(propertyNamePattern, {
      error: "A property has 1 to 64 letters, digits and underscores, and starts with a letter.",
    }),
    z.union([z.number(), z.string().max(textLengthMax)], {
      error: `A property is a number, or text of at most ${textLengthMax} characters.`,
    }),
  )
  .refine((all) => Object.keys(all).length <= propertiesMax, {
    error: `An event has at most ${propertiesMax} properties.`,
  })
  .meta({
    description:
      "By name. `model` chooses the price; those that the price counts are decimals with at most six places.",
    examples: [{ model: "gpt-x", inputTokens: 1_200, outputTokens: 350 }],
  });
