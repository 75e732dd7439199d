import { type Credits, creditsLimit, minCredits } from "../kernel/credits.js";
import { approve, type Verdict } from "../kernel/verdict.js";
import { measureEvent, priceEvent, type RateCard, type Units } from "./price.js";
import { microUnitsMax, type Rounding, unitDecimals } from "./rules.js";

/** The most that an amount of credits pays for. */
export interface Affordable {
  /**
   * What is counted: the `quantity`, or the one property that the price depends on, within one event; `events` like
   * this one when the price is flat or depends on several properties.
   */
  readonly of: string;
  /** Whole units; 0 when not even one can be paid. `null`: no limit, since more of it costs nothing more. */
  readonly units: bigint | null;
}

const microUnit = 10n ** BigInt(unitDecimals);

/**
 * The most of an event that `available` pays for, by the same fraction, rounding and minimum as its price. Refuses
 * as `priceEvent` does; what the event counts itself (its `quantity`) does not matter where that is what is asked.
 */
export function maxAffordable(
  card: RateCard | undefined,
  event: string,
  units: Units,
  available: Credits,
): Verdict<Affordable> {
  const measured = measureEvent(card, event, units);
  if (!measured.approved) return measured;
  const { rate, tariff } = measured.value;
  const [part, ...others] = tariff.parts;
  if (part === undefined || others.length > 0) return countEvents(card, event, units, available);
  const purse = minCredits(available, (creditsLimit - 1n) as Credits);
  if (purse < rate.minimum) return approve({ of: part.param, units: 0n });
  const most = numeratorMax(purse, tariff.denominator, rate.rounding);
  const left = most - tariff.constant;
  if (left < 0n) return approve({ of: part.param, units: 0n });
  const whole = part.factor === 0n ? null : left / (part.factor * microUnit);
  return approve({ of: part.param, units: whole === null ? null : atMostOneEvent(whole) });
}

function countEvents(
  card: RateCard | undefined,
  event: string,
  units: Units,
  available: Credits,
): Verdict<Affordable> {
  const price = priceEvent(card, event, units);
  if (!price.approved) return price;
  const { credits } = price.value;
  return approve({ of: "events", units: credits === 0n ? null : available / credits });
}

/** The largest numerator that rounds to at most `credits`. */
function numeratorMax(credits: bigint, denominator: bigint, rounding: Rounding): bigint {
  if (rounding === "up") return credits * denominator;
  if (rounding === "down") return (credits + 1n) * denominator - 1n;
  return ((2n * credits + 1n) * denominator - 1n) / 2n;
}

function atMostOneEvent(units: bigint): bigint {
  const most = microUnitsMax / microUnit;
  return units < most ? units : most;
}
