import { assert } from "./assert.js";

/**
 * An amount of credits in micro-credits: 1 credit is 1,000,000. Always a whole number, so sums never drift.
 * In JSON the same amount is a plain number of credits with at most six decimals.
 */
export type Credits = bigint & { readonly unit: "micro-credits" };

export const microPerCredit = 1_000_000n;
const decimalsMax = 6;
/** Exclusive. Below it a JSON number with six decimals is always exact in an IEEE double. */
export const creditsLimit = (1_000_000_000n * microPerCredit) as Credits;
export const zeroCredits = 0n as Credits;

/** The digits of JSON's own grammar: ASCII, no plus sign, no leading zeros, digits on both sides of the point. */
const plainDecimal = /^(-?)(0|[1-9]\d{0,9})(?:\.(\d+))?$/;
// A JSON number below 1e-6 prints as "1e-7"; it has too many decimals anyway, so exponents are refused.

/** Whole micro-credits, as the database stores them. */
export function micro(amount: bigint): Credits {
  return amount as Credits;
}

/** Whole credits: `wholeCredits(500)` is 500 credits. */
export function wholeCredits(amount: number | bigint): Credits {
  return (BigInt(amount) * microPerCredit) as Credits;
}

/**
 * Reads credits from JSON: a finite number, or a string of digits, with at most six decimals and an absolute
 * value below 1,000,000,000. Returns `undefined` for anything else; the digits are never rounded.
 * Negative zero is zero. Leading zeros and exponents are refused in strings; JSON's `1e3` is the number 1000
 * before it gets here.
 */
export function parseCredits(input: unknown): Credits | undefined {
  if (typeof input !== "number" && typeof input !== "string") return undefined;
  if (typeof input === "string" && input.length > 20) return undefined;
  const match = plainDecimal.exec(String(input));
  if (match === null) return undefined;
  const [, sign = "", whole = "", fraction = ""] = match;
  if (fraction.length > decimalsMax) return undefined;
  const absolute = BigInt(whole) * microPerCredit + BigInt(fraction.padEnd(decimalsMax, "0"));
  if (absolute >= creditsLimit) return undefined;
  return (sign === "-" ? -absolute : absolute) as Credits;
}

/** The exact decimal digits of an amount, without trailing zeros: `"547"`, `"0.0025"`, `"-12.5"`. */
export function formatCredits(amount: Credits): string {
  const absolute = amount < 0n ? -amount : amount;
  const fraction = (absolute % microPerCredit)
    .toString()
    .padStart(decimalsMax, "0")
    .replace(/0+$/, "");
  const digits = `${absolute / microPerCredit}${fraction === "" ? "" : `.${fraction}`}`;
  return amount < 0n ? `-${digits}` : digits;
}

/**
 * The JSON number for an amount: exact up to four times the limit, so for every wallet, then the nearest double
 * (sums over wallets). A thousand times the limit is a bug.
 */
export function creditsToJson(amount: Credits): number {
  assert(
    amount > -creditsLimit * 1000n && amount < creditsLimit * 1000n,
    "credits fit a JSON number",
  );
  return Number(formatCredits(amount));
}

export function sumCredits(amounts: readonly Credits[]): Credits {
  return amounts.reduce((sum, amount) => (sum + amount) as Credits, zeroCredits);
}

export function minCredits(a: Credits, b: Credits): Credits {
  return a < b ? a : b;
}
