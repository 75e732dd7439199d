import { assert } from "./assert.js";

/**
 * Money is an integer in the currency's minor unit, with the currency beside it. Stripe counts the same way
 * (https://docs.stripe.com/currencies#minor-units), so amounts go to and from Stripe unchanged.
 */
export interface Money {
  /** Whole minor units: cents for usd, yen for jpy, fils for kwd. */
  readonly amountMinor: bigint;
  /** ISO 4217 code in lower case, as Stripe writes it. */
  readonly currency: string;
}

const zeroDecimal = new Set(
  "bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split(" "),
);
const threeDecimal = new Set("bhd jod kwd omr tnd".split(" "));
/** Charged by Stripe as two-decimal amounts whose last two digits must be zero. */
const wholeUnitsOnly = new Set("isk ugx".split(" "));
const currencyCode = /^[a-z]{3}$/;

export function isCurrencyCode(text: string): boolean {
  return currencyCode.test(text);
}

/**
 * How many decimals the currency's minor unit stands for, in Stripe's counting. The code must be in lower case:
 * "JPY" would otherwise pass for a currency with cents.
 */
export function currencyDecimals(currency: string): 0 | 2 | 3 {
  assert(isCurrencyCode(currency), "a currency is a lower-case ISO 4217 code");
  if (zeroDecimal.has(currency)) return 0;
  return threeDecimal.has(currency) ? 3 : 2;
}

/** The reason why Stripe could not charge this amount exactly, or `undefined` when it can. */
export function moneyProblem({ amountMinor, currency }: Money): string | undefined {
  if (!isCurrencyCode(currency)) return `"${currency}" is not a lower-case ISO 4217 code`;
  if (amountMinor < 0n) return "an amount is never negative";
  if (amountMinor > 99_999_999n) return "Stripe charges at most 99,999,999 minor units at once";
  if (currencyDecimals(currency) === 3 && amountMinor % 10n !== 0n)
    return `amounts in ${currency} end in 0: Stripe rounds three-decimal currencies to two places`;
  if (wholeUnitsOnly.has(currency) && amountMinor % 100n !== 0n)
    return `amounts in ${currency} end in 00: Stripe charges whole units only`;
  return undefined;
}

const formats = new Map<string, Intl.NumberFormat>();

/** For people: `$9.99`, `-$0.05`, `¥1,200`, `KWD 3.500`. Every digit is kept, however large the amount. */
export function formatMoney({ amountMinor, currency }: Money): string {
  const decimals = currencyDecimals(currency);
  const format = formats.get(currency) ?? newFormat(currency, decimals);
  formats.set(currency, format); // making one costs as much as a query
  return format.format(minorToDecimal(amountMinor, decimals));
}

/** In the currency's usual unit, by its digits, for machines: `9.99`, `-0.05`, `1200`. */
export function moneyDigits({ amountMinor, currency }: Money): string {
  return minorToDecimal(amountMinor, currencyDecimals(currency));
}

function newFormat(currency: string, decimals: number): Intl.NumberFormat {
  return new Intl.NumberFormat("en-US", {
    style: "currency",
    currency: currency.toUpperCase(),
    minimumFractionDigits: wholeUnitsOnly.has(currency) ? 0 : decimals,
    maximumFractionDigits: decimals,
  });
}

function minorToDecimal(amountMinor: bigint, decimals: number): `${number}` {
  const sign = amountMinor < 0n ? "-" : "";
  const absolute = amountMinor < 0n ? -amountMinor : amountMinor;
  const digits = absolute.toString().padStart(decimals + 1, "0");
  const cut = digits.length - decimals;
  const fraction = decimals === 0 ? "" : `.${digits.slice(cut)}`;
  return `${sign}${digits.slice(0, cut)}${fraction}` as `${number}`;
}
