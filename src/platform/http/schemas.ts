import { z } from "zod";
import { type Credits, parseCredits, zeroCredits } from "../../kernel/credits.js";
import { type IdKind, idPrefixes, parsePublicId } from "../../kernel/ids.js";
import { formatMoney, isCurrencyCode, type Money } from "../../kernel/money.js";
import { decodeCursor, encodeCursor, pageSizeDefault, pageSizeMax } from "../../kernel/page.js";

/**
 * The values that many routes take and answer, each parsed into the kernel's type and described for OpenAPI.
 * What comes in is strict; what goes out may gain fields later, so its objects are open.
 */
const creditsDescription =
  "Credits with at most six decimals and an absolute value below 1,000,000,000, as a number or as a string of digits.";

function creditsThat(holds: (amount: Credits) => boolean, otherwise: string, example: number) {
  return z
    .union([z.number(), z.string()], { error: `${creditsDescription} Send 500 or "500".` })
    .transform((input, context) => {
      const amount = parseCredits(input);
      const fault = amount === undefined ? creditsDescription : otherwise;
      if (amount !== undefined && holds(amount)) return amount;
      context.addIssue({ code: "custom", message: fault, input });
      return z.NEVER;
    })
    .meta({ description: creditsDescription, examples: [example, String(example)] });
}

export const positiveCredits = creditsThat((a) => a > zeroCredits, "Send more than 0.", 500);
export const nonNegativeCredits = creditsThat((a) => a >= zeroCredits, "Send 0 or more.", 50);
/** For corrections: more than nothing, in either direction. */
export const signedCredits = creditsThat((a) => a !== zeroCredits, "Send anything but 0.", -12.5);

export const creditsOut = z
  .number()
  .meta({ description: "Credits, exact, with at most six decimals.", examples: [547] });

const invisible = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u;
const spaceOtherThanPlain = /(?! )\p{Zs}/u;
/** Dot segments mean "this folder" and "the one above" in a path, so no client could ask for them. */
const dotSegments = new Set([".", ".."]);

/**
 * The caller's own id of a customer, kept exactly as it was sent: nothing is trimmed, folded or normalised, since
 * two spellings may be two people. Refused instead: what nobody can see, and what no URL can name.
 */
export const customerId = z
  .string()
  .min(1)
  .max(255)
  .refine((text) => !invisible.test(text) && !spaceOtherThanPlain.test(text), {
    error: "A customer id has visible characters only.",
  })
  .refine((text) => text === text.trim(), {
    error: "A customer id neither starts nor ends with a space.",
  })
  .refine((text) => !dotSegments.has(text), { error: 'A customer id is not "." or "..".' })
  .meta({ description: "Your own id of the customer.", examples: ["user_123"] });

/** Direction marks could make a line read as another one. */
const unprintable = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u;

/** One line for people: trimmed, not blank, printable. */
export function lineOfText(lengthMax: number) {
  return z
    .string()
    .trim()
    .min(1)
    .max(lengthMax)
    .refine((text) => !unprintable.test(text), { error: "Send one line of printable text." });
}

const limitDescription = `How many to answer at most, 1 to ${pageSizeMax}.`;

/** The query of every list. Spread it beside filters: `z.object({ ...pageQuery, onSale: … })`. */
export const pageQuery = {
  limit: z
    .string()
    .regex(/^[1-9]\d{0,2}$/, { error: limitDescription })
    .transform(Number)
    .refine((size) => size <= pageSizeMax, { error: limitDescription })
    .default(pageSizeDefault)
    .meta({ description: limitDescription, examples: ["20"] }),
  cursor: z
    .string()
    .max(1_024)
    .refine(isCursor, { error: "Send the nextCursor of the page before, or leave it out." })
    .optional()
    .meta({
      description: "`nextCursor` of the page before.",
      examples: [encodeCursor("starter-500")],
    }),
};

/** What a cursor points at is each list's own; that it can be a key at all is the same for all. */
function isCursor(cursor: string): boolean {
  const key = decodeCursor(cursor);
  return key !== undefined && key !== "" && !invisible.test(key);
}

/** A page of a list. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({
    data: z.array(item),
    hasMore: z.boolean(),
    nextCursor: z
      .string()
      .nullable()
      .meta({ description: "Send it as `cursor` to read on. Null on the last page." }),
  });
}

export const timeOut = z.iso
  .datetime()
  .meta({ description: "ISO 8601, UTC.", examples: ["2026-01-31T12:00:00.000Z"] });

/** The start of a day in UTC, or an instant with its offset. */
export const timeIn = z
  .union([z.iso.date(), z.iso.datetime({ offset: true })], {
    error: "Write a day or a time in UTC: 2026-01-31 or 2026-01-31T12:00:00Z.",
  })
  .transform((text) => new Date(text))
  .meta({ examples: ["2026-01-31", "2026-01-31T12:00:00Z"] });

/** A public id of one kind, parsed into the id inside: `publicIdOf("purchase")` takes `pur_…`. */
export function publicIdOf<K extends IdKind>(kind: K) {
  return z
    .string()
    .transform((text, context) => {
      const id = parsePublicId(kind, text);
      if (id !== undefined) return id;
      const message = `Send an id that begins with ${idPrefixes[kind]}_, as Chargly answered it.`;
      context.addIssue({ code: "custom", message, input: text });
      return z.NEVER;
    })
    .meta({
      description: `Chargly's own id, as it answered it: ${idPrefixes[kind]}_…`,
      examples: [`${idPrefixes[kind]}_01k2x3v9g7f6q8r5s4t3w2y1z0`],
    });
}

const amountDescription =
  "Whole minor units of the currency: cents for usd, yen for jpy, fils for kwd.";
const currencyDescription = "ISO 4217 code in lower case.";

/** Money in. Which amounts a currency allows is a rule of the domain that takes it. */
export const moneyIn = z
  .strictObject({
    amount: z
      .int()
      .min(0)
      .max(99_999_999)
      .meta({ description: amountDescription, examples: [999] }),
    currency: z
      .string()
      .refine(isCurrencyCode, { error: `${currencyDescription} Send "usd", "jpy" or "kwd".` })
      .meta({ description: currencyDescription, examples: ["usd"] }),
  })
  .transform(({ amount, currency }): Money => ({ amountMinor: BigInt(amount), currency }));

export const moneyOut = z
  .object({
    amount: z.int().meta({ description: amountDescription, examples: [999] }),
    currency: z.string().meta({ description: currencyDescription, examples: ["usd"] }),
    display: z.string().meta({ description: "For people.", examples: ["$9.99"] }),
  })
  .meta({ id: "Money" });

/** Money as JSON. Amounts below 2^53 minor units, so every price and any sum of a project's prices. */
export function renderMoney(money: Money): z.output<typeof moneyOut> {
  const { amountMinor, currency } = money;
  return { amount: Number(amountMinor), currency, display: formatMoney(money) };
}
