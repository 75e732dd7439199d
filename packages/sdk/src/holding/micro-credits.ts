import type { CreditsIn } from "../types.js";

const plainDecimal = /^(0|[1-9]\d{0,8})(?:\.(\d{1,6}))?$/;

/**
 * Credits in whole millionths, so that sums are exact. A number is rounded to the nearest millionth, since a cost that was
 * computed has more digits than anybody meant; a string must be exact. Throws a `RangeError` for what is negative, no
 * number, or 1,000,000,000 or more.
 */
export function microCredits(credits: CreditsIn): bigint {
  const digits = typeof credits === "number" ? credits.toFixed(6) : credits;
  const [, whole, fraction = ""] = plainDecimal.exec(digits) ?? [];
  if (whole === undefined)
    throw new RangeError(
      "Credits are 0 or more and below 1,000,000,000; as a string they have at most six decimals.",
    );
  return BigInt(whole) * 1_000_000n + BigInt(fraction.padEnd(6, "0"));
}

/** The same as a string of digits: `12.5`. */
export function creditDigits(micro: bigint): string {
  const digits = micro.toString().padStart(7, "0");
  return `${digits.slice(0, -6)}.${digits.slice(-6)}`.replace(/\.?0+$/, "");
}
