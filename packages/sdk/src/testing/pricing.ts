import type {
  ModelPrices,
  RateCardTerms,
  ShortfallPolicy,
  SimplePrice,
  UnitPrice,
} from "../types.js";
import { creditsIn, creditsOut, refuse } from "./refuse.js";

/** What an event counted. */
export interface Units {
  readonly quantity?: unknown;
  readonly properties?: Readonly<Record<string, unknown>>;
}

interface Part {
  readonly param: string;
  readonly property: string | undefined;
  readonly price: UnitPrice;
}

export interface Priced {
  readonly micro: bigint;
  readonly parts: readonly Part[];
  readonly model: string | null;
  readonly rounding: "up" | "down" | "nearest";
}

const unitDigits = /^(0|[1-9]\d{0,12})(?:\.(\d{1,6}))?$/;
const priceDigits = /^(0|[1-9]\d{0,8})(?:\.(\d{1,12}))?$/;

/** The exact price of an event in millionths of a credit, rounded once, as the product does it. */
export function priceOf(card: RateCardTerms, event: string, units: Units): Priced {
  const rate = Object.hasOwn(card.events, event) ? card.events[event] : undefined;
  if (rate === undefined)
    return refuse("unknown_event", `The rate card does not price ${event}.`, { param: "event" });
  const model = units.properties?.["model"];
  const price = simplePriceOf(rate.price, typeof model === "string" ? model : undefined, event);
  const parts = partsOf(price);
  const common = parts.reduce((all, { price: { per = 1 } }) => all * BigInt(per), 1n);
  let numerator = pico(price.type === "flat" ? price.credits : baseOf(price)) * 1_000_000n * common;
  for (const { param, property, price: unit } of parts) {
    const value = property === undefined ? units.quantity : units.properties?.[property];
    numerator += microUnits(value, param) * pico(unit.credits) * (common / BigInt(unit.per ?? 1));
  }
  const { minimum = 0, rounding = "up" } = rate;
  const rounded = round(numerator, 1_000_000n * 1_000_000n * common, rounding);
  const least = creditsIn(minimum);
  return {
    micro: rounded < least ? least : rounded,
    parts,
    model: typeof model === "string" ? model : null,
    rounding,
  };
}

export function shortfallOf(card: RateCardTerms, event: string): ShortfallPolicy {
  return card.events[event]?.shortfall ?? card.shortfall ?? { policy: "reject" };
}

/** The most of an event that so much pays for. */
export function maxAffordable(card: RateCardTerms, event: string, units: Units, purse: bigint) {
  const { micro, parts } = priceOf(card, event, units);
  const [only, ...others] = parts;
  if (only === undefined || others.length > 0)
    return { of: "events", units: micro === 0n ? null : Number(purse / micro) };
  const costs = (count: number): bigint =>
    priceOf(card, event, withUnits(units, only.property, count)).micro;
  let [paid, unpaid] = [-1, 1_000_000_000_001];
  while (unpaid - paid > 1) {
    const middle = Math.floor((paid + unpaid) / 2);
    if (costs(middle) <= purse) paid = middle;
    else unpaid = middle;
  }
  const isFree = paid === 1_000_000_000_000 && pico(only.price.credits) === 0n;
  return { of: only.param, units: isFree ? null : Math.max(0, paid) };
}

function withUnits(units: Units, property: string | undefined, count: number): Units {
  if (property === undefined) return { ...units, quantity: count };
  return { ...units, properties: { ...units.properties, [property]: count } };
}

function simplePriceOf(
  price: SimplePrice | ModelPrices,
  model: string | undefined,
  event: string,
): SimplePrice {
  if (price.type !== "models") return price;
  const known = model === undefined ? undefined : (own(price.models, model) ?? price.default);
  if (known !== undefined) return known;
  return refuse("unpriceable_event", `${event} has no price for this model.`, {
    param: "properties.model",
  });
}

function own<T>(all: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(all, name) ? all[name] : undefined;
}

function partsOf(price: SimplePrice): readonly Part[] {
  if (price.type === "flat") return [];
  if (price.type === "quantity") return [{ param: "quantity", property: undefined, price }];
  return Object.entries(price.properties).map(([property, unit]) => ({
    param: `properties.${property}`,
    property,
    price: unit,
  }));
}

function baseOf(price: SimplePrice): number | string {
  return price.type === "properties" ? (price.base ?? 0) : 0;
}

/** Trillionths of a credit. */
function pico(credits: number | string): bigint {
  const digits = typeof credits === "number" ? decimalDigits(credits) : credits;
  const [, whole, fraction = ""] = priceDigits.exec(digits) ?? [];
  if (whole === undefined)
    return refuse("invalid_request", "A price has at most twelve decimals.", { param: "events" });
  return BigInt(whole) * 10n ** 12n + BigInt(fraction.padEnd(12, "0"));
}

/** Without the exponent that JavaScript prints for what is very small. */
function decimalDigits(value: number): string {
  return String(value).includes("e") ? value.toFixed(12).replace(/0+$/, "") : String(value);
}

function microUnits(value: unknown, param: string): bigint {
  const isAmount = typeof value === "number" || typeof value === "string";
  const [, whole, fraction = ""] = unitDigits.exec(isAmount ? String(value) : "") ?? [];
  if (whole === undefined)
    return refuse("unpriceable_event", `The price depends on ${param}. Send it as a number.`, {
      param,
    });
  return BigInt(whole) * 1_000_000n + BigInt(fraction.padEnd(6, "0"));
}

function round(numerator: bigint, denominator: bigint, rounding: Priced["rounding"]): bigint {
  if (rounding === "down") return numerator / denominator;
  if (rounding === "up") return (numerator + denominator - 1n) / denominator;
  return (2n * numerator + denominator) / (2n * denominator);
}

/** The line of a quote, for people. */
export function linesOf({ micro }: Priced) {
  const credits = String(creditsOut(micro));
  return [{ what: "total", units: "1", unitPrice: credits, per: 1, credits }];
}
