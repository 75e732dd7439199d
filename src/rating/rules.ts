import { present } from "../kernel/assert.js";
import { type Credits, parseCredits } from "../kernel/credits.js";
import { approve, refuse, type Verdict } from "../kernel/verdict.js";

export const limits = {
  eventsPerCard: 500,
  modelsPerTable: 200,
  propertiesPerPrice: 20,
  /** Every price of every table, so that a compiled card stays small in memory. */
  pricesPerCard: 10_000,
  /** A price counts per at most so many units. */
  per: 1_000_000_000,
} as const;

/** Names of events, such as `chat.reply`. */
export const eventNamePattern = /^[a-z0-9][a-z0-9._-]{0,63}$/;
/** Names of properties, such as `inputTokens`. */
export const propertyNamePattern = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;
/** Models by the names their makers give them, such as `meta-llama/Llama-3.1-8B:free`. */
export const modelPattern = /^[A-Za-z0-9][A-Za-z0-9 ._:/@+-]{0,127}$/;
/** The property that chooses a price from a table by model. It is a name, so it has no price itself. */
export const modelProperty = "model";

export const unitDecimals = 6;
export const priceDecimals = 12;
/** Inclusive: the most of anything that one event counts, in millionths. */
export const microUnitsMax = 1_000_000_000_000n * 10n ** BigInt(unitDecimals);
/** Exclusive, in trillionths of a credit. */
const picoCreditsLimit = 1_000_000_000n * 10n ** BigInt(priceDecimals);

/** Credits for so many units. A decimal of at most twelve places, kept by its digits. */
export interface UnitPrice {
  readonly credits: string;
  readonly per: number;
}

export type SimplePrice =
  | { readonly type: "flat"; readonly credits: string }
  | ({ readonly type: "quantity" } & UnitPrice)
  | {
      readonly type: "properties";
      readonly properties: Readonly<Record<string, UnitPrice>>;
      /** Charged once per event, beside the properties. */
      readonly base: string;
    };

/** Prices by the event's `properties.model`; `default` is for models that the table does not name. */
export interface PriceTable {
  readonly type: "models";
  readonly models: Readonly<Record<string, SimplePrice>>;
  readonly default?: SimplePrice | undefined;
}

export type PriceTerms = SimplePrice | PriceTable;

/** How the exact price becomes whole micro-credits, once per event and at the end. `nearest` takes a half up. */
export type Rounding = "up" | "down" | "nearest";

/** What happens when the wallet cannot cover an event, as JSON. `limit` is in credits. */
export type ShortfallTerms =
  | { readonly policy: "reject" }
  | { readonly policy: "upToAvailable" }
  | { readonly policy: "debt"; readonly limit: number };

export interface RateTerms {
  readonly price: PriceTerms;
  /** Credits that each event costs at least; compared after rounding. */
  readonly minimum: number;
  readonly rounding: Rounding;
  /** Instead of the card's. */
  readonly shortfall?: ShortfallTerms | undefined;
}

/**
 * The terms of a rate card: plain JSON in the one form that is stored, answered and compared. Prices are strings of
 * digits, because twelve decimals do not fit a JSON number.
 */
export interface RateCardTerms {
  readonly events: Readonly<Record<string, RateTerms>>;
  readonly shortfall: ShortfallTerms;
}

/** Bounds of the card as a whole; each field by itself is the schema's affair. */
export function checkTerms(terms: RateCardTerms): Verdict<RateCardTerms> {
  const rates = Object.values(terms.events);
  if (rates.length === 0)
    return refuse("invalid_request", {
      param: "events",
      detail: "A card prices at least one event. Without a card nothing is priced.",
    });
  if (rates.length > limits.eventsPerCard)
    return refuse("invalid_request", {
      param: "events",
      detail: `A card prices at most ${limits.eventsPerCard} events.`,
    });
  const prices = rates.reduce((sum, { price }) => sum + countPrices(price), 0);
  if (prices > limits.pricesPerCard)
    return refuse("invalid_request", {
      param: "events",
      detail: `A card holds at most ${limits.pricesPerCard} prices, and this one has ${prices}. Use a default for models that cost the same.`,
    });
  return approve(terms);
}

/** How many prices there are to keep, tables and properties counted one by one. */
export function countPrices(price: PriceTerms): number {
  if (price.type === "properties") return Object.keys(price.properties).length;
  if (price.type !== "models") return 1;
  const tail = price.default === undefined ? [] : [price.default];
  return [...Object.values(price.models), ...tail].reduce(
    (sum, each) => sum + countPrices(each),
    0,
  );
}

/** Whether a new version would say the same as the one in force. Names may stand in any order. */
export function sameTerms(a: RateCardTerms, b: RateCardTerms): boolean {
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
}

function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value)
    .filter(([, part]) => part !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, part]) => [name, sorted(part)]);
}

/** A price in trillionths of a credit, or `undefined`: not negative, below 1,000,000,000 credits, twelve decimals. */
export function parsePrice(input: unknown): bigint | undefined {
  const pico = parseDecimal(input, priceDecimals);
  return pico === undefined || pico >= picoCreditsLimit ? undefined : pico;
}

/**
 * A quantity or numeric property in millionths, or `undefined`: a number or a string of digits, not negative, at
 * most 1,000,000,000,000, with at most six decimals.
 */
export function parseUnits(input: unknown): bigint | undefined {
  const microUnits = parseDecimal(input, unitDecimals);
  return microUnits === undefined || microUnits > microUnitsMax ? undefined : microUnits;
}

/** Digits of JSON's own grammar: ASCII, without sign, leading zeros or exponent. */
const plainDecimal = /^(0|[1-9]\d{0,15})(?:\.(\d{1,12}))?$/;
const exactDigitsMax = 15;
const unitScale = 10n ** BigInt(unitDecimals);

/**
 * Reads a decimal by its digits, scaled to a whole number; nothing is ever rounded. A JSON number of at most fifteen
 * digits prints as the digits it was written with; one of more may be another number by now, so it is refused.
 */
function parseDecimal(input: unknown, decimals: number): bigint | undefined {
  if (typeof input === "number") {
    if (!Number.isSafeInteger(input)) return parseDigits(digitsOfNumber(input), decimals);
    return input < 0 ? undefined : BigInt(input) * scaleOf(decimals);
  }
  return typeof input === "string" ? parseDigits(input, decimals) : undefined;
}

function parseDigits(text: string, decimals: number): bigint | undefined {
  const match = text.length > 32 ? null : plainDecimal.exec(text);
  if (match === null) return undefined;
  const [, whole = "", fraction = ""] = match;
  if (fraction.length > decimals) return undefined;
  return BigInt(whole + fraction.padEnd(decimals, "0"));
}

/** JavaScript prints what is below 0.000001 with an exponent: `1.5e-7` is `0.00000015`. */
function digitsOfNumber(value: number): string {
  const [mantissa = "", exponent] = String(value).split("e-");
  const digits = mantissa.replace(".", "");
  if (digits.replace(/^0+/, "").length > exactDigitsMax) return "";
  return exponent === undefined ? mantissa : `0.${"0".repeat(Number(exponent) - 1)}${digits}`;
}

function scaleOf(decimals: number): bigint {
  return decimals === unitDecimals ? unitScale : 10n ** BigInt(decimals);
}

/** The digits of a scaled whole number, without trailing zeros: `formatDecimal(150_000n, 12)` is `0.00000015`. */
export function formatDecimal(scaled: bigint, decimals: number): string {
  const digits = scaled.toString().padStart(decimals + 1, "0");
  const fraction = digits.slice(-decimals).replace(/0+$/, "");
  return `${digits.slice(0, -decimals)}${fraction === "" ? "" : `.${fraction}`}`;
}

/** Credits of terms, which the schema wrote. */
export function termCredits(credits: number): Credits {
  return present(parseCredits(credits), "the credits of checked terms are exact");
}
