import type { ShortfallPolicy } from "../ledger/decide-spend.js";
import { assert, present } from "../kernel/assert.js";
import { type Credits, creditsLimit } from "../kernel/credits.js";
import { approve, refuse, type Verdict } from "../kernel/verdict.js";
import {
  type PriceTerms,
  parsePrice,
  parseUnits,
  modelProperty,
  priceDecimals,
  type RateCardTerms,
  type RateTerms,
  type Rounding,
  type ShortfallTerms,
  type SimplePrice,
  termCredits,
  unitDecimals,
} from "./rules.js";

/**
 * What an event counted. Numbers must be exact: JSON numbers of at most fifteen digits, or strings of digits. Read
 * HTTP bodies with `exactNumbers`. Properties that the price does not use may be anything.
 */
export interface Units {
  readonly quantity?: number | string | undefined;
  readonly properties?: Readonly<Record<string, number | string>> | undefined;
}

export interface Price {
  readonly credits: Credits;
  readonly rateCardVersion: number;
}

/** One thing that a price counts. */
export interface Part {
  /** The property; `undefined` is the event's quantity. */
  readonly property: string | undefined;
  /** Where it stands in the event: `quantity`, `properties.inputTokens`. */
  readonly param: string;
  /** In trillionths of a credit. */
  readonly pico: bigint;
  readonly per: bigint;
  /** What one millionth of a unit adds to the numerator. */
  readonly factor: bigint;
}

/** A price as one fraction in micro-credits: (constant + the sum of millionths × factor) / denominator. */
export interface Tariff {
  readonly parts: readonly Part[];
  readonly constant: bigint;
  readonly denominator: bigint;
  /** The flat price or the base, in trillionths of a credit. */
  readonly basePico: bigint;
}

interface Rate {
  /** `undefined` when the event costs the same whatever the model. */
  readonly models: ReadonlyMap<string, Tariff> | undefined;
  /** Without models the price, with models that of all others. */
  readonly tariff: Tariff | undefined;
  readonly minimum: Credits;
  readonly rounding: Rounding;
  readonly shortfall: ShortfallPolicy;
}

/** A version of a rate card, ready to price. It never changes, so it may be shared and kept. */
export interface RateCard {
  readonly version: number;
  readonly rates: ReadonlyMap<string, Rate>;
  readonly shortfall: ShortfallPolicy;
}

/** What the price of one event follows from. */
export interface Measured {
  readonly rate: Rate;
  readonly tariff: Tariff;
  readonly numerator: bigint;
}

/** Compiles terms that the schema took, once per version. */
export function compileRateCard(version: number, terms: RateCardTerms): RateCard {
  const shortfall = policyOf(terms.shortfall);
  const rates = Object.entries(terms.events).map(
    ([event, rate]) => [event, compileRate(rate, shortfall)] as const,
  );
  return { version, rates: new Map(rates), shortfall };
}

function compileRate(terms: RateTerms, shortfall: ShortfallPolicy): Rate {
  return {
    ...compilePrice(terms.price),
    minimum: termCredits(terms.minimum),
    rounding: terms.rounding,
    shortfall: terms.shortfall === undefined ? shortfall : policyOf(terms.shortfall),
  };
}

function policyOf(terms: ShortfallTerms): ShortfallPolicy {
  return terms.policy === "debt" ? { ...terms, limit: termCredits(terms.limit) } : terms;
}

function compilePrice(price: PriceTerms): Pick<Rate, "models" | "tariff"> {
  if (price.type !== "models") return { models: undefined, tariff: compileTariff(price) };
  const models = Object.entries(price.models).map(
    ([model, each]) => [model, compileTariff(each)] as const,
  );
  const tariff = price.default === undefined ? undefined : compileTariff(price.default);
  return { models: new Map(models), tariff };
}

/** Micro-credits per trillionth of a credit and per millionth of a unit. */
const microPerPico = 10n ** BigInt(priceDecimals - 6);
const microUnit = 10n ** BigInt(unitDecimals);

function compileTariff(price: SimplePrice): Tariff {
  const basePico = picoOf(
    price.type === "flat" ? price.credits : price.type === "properties" ? price.base : 0,
  );
  const priced = partsOf(price);
  const common = priced.reduce((all, { per }) => (all * per) / gcd(all, per), 1n);
  const factors = priced.map(({ pico, per }) => pico * (common / per));
  const constant = basePico * microUnit * common;
  const denominator = microPerPico * microUnit * common;
  const shared = [constant, ...factors].reduce(gcd, denominator);
  return {
    basePico,
    constant: constant / shared,
    denominator: denominator / shared,
    parts: priced.map((part, at) => ({ ...part, factor: (factors[at] ?? 0n) / shared })),
  };
}

function partsOf(price: SimplePrice): readonly Omit<Part, "factor">[] {
  if (price.type === "flat") return [];
  if (price.type === "quantity")
    return [
      {
        property: undefined,
        param: "quantity",
        pico: picoOf(price.credits),
        per: BigInt(price.per),
      },
    ];
  return Object.entries(price.properties).map(([property, { credits, per }]) => ({
    property,
    param: `properties.${property}`,
    pico: picoOf(credits),
    per: BigInt(per),
  }));
}

function picoOf(credits: unknown): bigint {
  return present(parsePrice(credits), "the prices of checked terms are decimals");
}

function gcd(a: bigint, b: bigint): bigint {
  return b === 0n ? a : gcd(b, a % b);
}

/**
 * What the event costs by the card: the exact fraction, rounded once to whole micro-credits by the event's rule (up,
 * unless the card says otherwise), then raised to the event's minimum. Refuses with `unknown_event`, or with
 * `unpriceable_event` and the field that is missing or is no amount.
 *
 * @param card `undefined` while the project has none
 */
export function priceEvent(
  card: RateCard | undefined,
  event: string,
  units: Units,
): Verdict<Price> {
  const measured = measureEvent(card, event, units);
  if (!measured.approved) return measured;
  const { rate, tariff, numerator } = measured.value;
  const rounded = round(numerator, tariff.denominator, rate.rounding);
  const credits = rounded < rate.minimum ? rate.minimum : rounded;
  if (credits >= creditsLimit)
    return refuse("unpriceable_event", {
      detail:
        "This event would cost 1,000,000,000 credits or more, which no wallet holds. Split it, or check its units.",
    });
  return approve({ credits, rateCardVersion: card?.version ?? 0 });
}

/** The fraction that the price of the event is rounded from. Refuses as {@link priceEvent} does. */
export function measureEvent(
  card: RateCard | undefined,
  event: string,
  units: Units,
): Verdict<Measured> {
  const rate = card?.rates.get(event);
  if (rate === undefined) return refuseUnknown(card, event);
  const tariff = tariffOf(rate, units);
  if (tariff === undefined) return refuseModel(event, modelOf(units));
  let numerator = tariff.constant;
  for (const part of tariff.parts) {
    const microUnits = parseUnits(valueOf(part, units));
    if (microUnits === undefined) return refusePart(part, event, units);
    numerator += microUnits * part.factor;
  }
  return approve({ rate, tariff, numerator });
}

/** The price of the event's model; `undefined` when there is none. */
function tariffOf({ models, tariff }: Rate, units: Units): Tariff | undefined {
  if (models === undefined) return tariff;
  const model = modelOf(units);
  return model === undefined ? undefined : (models.get(model) ?? tariff);
}

/** The model that an event names; `undefined` when it names none. */
export function modelOf({ properties }: Units): string | undefined {
  const model = properties?.[modelProperty];
  return typeof model === "string" ? model : undefined;
}

/** What the event says of the part, unchecked. */
export function valueOf({ property }: Part, { quantity, properties }: Units): unknown {
  return property === undefined ? quantity : properties?.[property];
}

/** Whole micro-credits: towards more, less, or the nearest, half up. Prices are never negative. */
export function round(numerator: bigint, denominator: bigint, rounding: Rounding): Credits {
  assert(denominator > 0n, "a price has a denominator");
  if (rounding === "down") return (numerator / denominator) as Credits;
  if (rounding === "up") return ((numerator + denominator - 1n) / denominator) as Credits;
  return ((2n * numerator + denominator) / (2n * denominator)) as Credits;
}

/** What happens when the wallet cannot cover the event: its own policy, else the card's, else `reject`. */
export function shortfallPolicyOf(card: RateCard | undefined, event: string): ShortfallPolicy {
  return card?.rates.get(event)?.shortfall ?? card?.shortfall ?? { policy: "reject" };
}

const shownMax = 128;

function refuseUnknown(card: RateCard | undefined, event: string): Verdict<never> {
  return refuse("unknown_event", {
    param: "event",
    detail:
      card === undefined
        ? "The project has no rate card. Publish one with PUT /v1/rate-card."
        : `Version ${card.version} of the rate card does not price ${event.slice(0, shownMax)}. Add it with PUT /v1/rate-card, or correct the name.`,
  });
}

function refuseModel(event: string, model: string | undefined): Verdict<never> {
  return refuse("unpriceable_event", {
    param: `properties.${modelProperty}`,
    detail:
      model === undefined
        ? `${event} is priced by model. Send its name as properties.${modelProperty}.`
        : `${event} has no price for the model ${model.slice(0, shownMax)}, and none by default. Add it to the rate card.`,
  });
}

function refusePart(part: Part, event: string, units: Units): Verdict<never> {
  const value = valueOf(part, units);
  const isThere = typeof value === "number" || typeof value === "string";
  return refuse("unpriceable_event", {
    param: part.param,
    detail: isThere
      ? `${part.param} must be 0 to 1,000,000,000,000 in plain digits, with at most six decimals.`
      : `${event} is priced by ${part.param}, which is missing. Send it, as 0 if there was none.`,
  });
}
