import { type Credits, formatCredits, zeroCredits } from "../kernel/credits.js";
import { approve, type Verdict } from "../kernel/verdict.js";
import {
  measureEvent,
  modelOf,
  type Part,
  priceEvent,
  type Price,
  type RateCard,
  round,
  type Tariff,
  type Units,
  valueOf,
} from "./price.js";
import { formatDecimal, parseUnits, priceDecimals, type Rounding, unitDecimals } from "./rules.js";

/** One line of a price: `units` × `unitPrice` per `per`. All are decimals by their digits. */
export interface PriceLine {
  /** `flat`, `base`, `quantity`, `properties.<name>`, or `minimum`: what was missing to the minimum. */
  readonly what: string;
  readonly units: string;
  readonly unitPrice: string;
  readonly per: number;
  /** Credits of this line before rounding, cut off after twelve decimals. */
  readonly credits: string;
}

/** Why an event costs what it costs. The lines add up to the credits, but for the rounding of their sum. */
export interface PriceExplanation extends Price {
  /** The model whose price was taken, when the event names one. */
  readonly model: string | null;
  readonly rounding: Rounding;
  readonly lines: readonly PriceLine[];
}

/** The price of {@link priceEvent} with its parts, for people. Refuses the same. */
export function explainPrice(
  card: RateCard | undefined,
  event: string,
  units: Units,
): Verdict<PriceExplanation> {
  const price = priceEvent(card, event, units);
  if (!price.approved) return price;
  const measured = measureEvent(card, event, units);
  if (!measured.approved) return measured;
  const { rate, tariff, numerator } = measured.value;
  const rounded = round(numerator, tariff.denominator, rate.rounding);
  const raised = (price.value.credits - rounded) as Credits;
  return approve({
    ...price.value,
    model: modelOf(units) ?? null,
    rounding: rate.rounding,
    lines: [
      ...baseLines(tariff),
      ...tariff.parts.map((part) => lineOf(part, units)),
      ...(raised === zeroCredits ? [] : [once("minimum", formatCredits(raised))]),
    ],
  });
}

function baseLines({ basePico, parts }: Tariff): readonly PriceLine[] {
  if (parts.length > 0 && basePico === 0n) return [];
  return [once(parts.length === 0 ? "flat" : "base", formatDecimal(basePico, priceDecimals))];
}

function once(what: string, credits: string): PriceLine {
  return { what, units: "1", unitPrice: credits, per: 1, credits };
}

function lineOf(part: Part, units: Units): PriceLine {
  const microUnits = parseUnits(valueOf(part, units)) ?? 0n;
  const pico = (microUnits * part.pico) / (part.per * 10n ** BigInt(unitDecimals));
  return {
    what: part.param,
    units: formatDecimal(microUnits, unitDecimals),
    unitPrice: formatDecimal(part.pico, priceDecimals),
    per: Number(part.per),
    credits: formatDecimal(pico, priceDecimals),
  };
}
