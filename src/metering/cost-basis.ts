import { assert } from "../kernel/assert.js";
import type { Credits } from "../kernel/credits.js";
import { currencyDecimals, type Money } from "../kernel/money.js";

/** A share of money that may be finer than the currency's smallest coin. */
export interface CostShare {
  /** In the currency's usual unit, by its digits: `"0.0078"`. Exact up to twelve decimals, rounded after them. */
  readonly amount: string;
  readonly currency: string;
  /** For people: `$0.0078`. */
  readonly display: string;
}

const shareDecimals = 12;
/** Digits behind those of the smallest coin that people are shown. */
const finerDecimals = 4;

/** What some of a lot's credits cost: the share of its price that they are of all its credits. */
export function costShare(
  { amountMinor, currency }: Money,
  part: Credits,
  whole: Credits,
): CostShare {
  assert(part >= 0n && whole > 0n, "a share is some of something");
  const decimals = currencyDecimals(currency);
  const numerator = amountMinor * part * 10n ** BigInt(shareDecimals - decimals);
  const rounded = (numerator * 2n + whole) / (whole * 2n);
  const digits = rounded.toString().padStart(shareDecimals + 1, "0");
  const cut = digits.length - shareDecimals;
  const amount = `${digits.slice(0, cut)}.${digits.slice(cut)}`.replace(/\.?0+$/, "");
  const format = new Intl.NumberFormat("en-US", {
    style: "currency",
    currency: currency.toUpperCase(),
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals + finerDecimals,
  });
  return { amount, currency, display: format.format(amount as `${number}`) };
}
