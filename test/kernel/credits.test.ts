import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Credits,
  creditsLimit,
  creditsToJson,
  formatCredits,
  micro,
  minCredits,
  parseCredits,
  sumCredits,
  wholeCredits,
} from "../../src/kernel/credits.js";

/** Every amount that may come in: both signs, short of the limit. */
const amounts = fc
  .bigInt({ min: 1n - creditsLimit, max: creditsLimit - 1n })
  .map((amount) => micro(amount));

describe("credits from outside", () => {
  it.each<[unknown, bigint]>([
    [547, 547_000_000n],
    ["547", 547_000_000n],
    [0.0025, 2_500n],
    ["0.0025", 2_500n],
    ["5.500000", 5_500_000n],
    [0.000001, 1n],
    ["-12.5", -12_500_000n],
    [999_999_999.999999, creditsLimit - 1n],
    ["-999999999.999999", 1n - creditsLimit],
    [0, 0n],
    [-0, 0n],
    ["-0", 0n],
    ["-0.0", 0n],
    [1e3, 1_000_000_000n],
  ])("reads %j digit by digit", (input, expected) => {
    expect(parseCredits(input)).toBe(expected);
  });

  it.each<[string, unknown]>([
    ["an exponent in a string", "1e3"],
    ["a number that prints with an exponent", 1e-7],
    ["a huge number", 1e21],
    ["the limit as a number", 1e9],
    ["the limit as a string", "1000000000"],
    ["the limit below zero", -1e9],
    ["the limit below zero as a string", "-1000000000"],
    ["seven decimals", "0.0000001"],
    ["seven decimals that are zeros", "1.0000000"],
    ["a sum that floating point blurred", 0.1 + 0.2],
    ["seven digits below the limit", 999_999_999.9999999],
    ["NaN", Number.NaN],
    ["infinity", Number.POSITIVE_INFINITY],
    ["minus infinity", Number.NEGATIVE_INFINITY],
    ["the word NaN", "NaN"],
    ["the word Infinity", "Infinity"],
    ["nothing", ""],
    ["a space before", " 1"],
    ["a space behind", "1 "],
    ["a line break behind", "1\n"],
    ["a plus sign", "+1"],
    ["two signs", "--1"],
    ["a lonely sign", "-"],
    ["hexadecimal", "0x10"],
    ["digit separators", "1_000"],
    ["thousands separators", "1,000"],
    ["a decimal comma", "1,5"],
    ["no digit before the point", ".5"],
    ["no digit behind the point", "5."],
    ["a leading zero", "07"],
    ["only zeros", "00"],
    ["a leading zero before the point", "00.5"],
    ["more characters than any amount has", "0.00000000000000000000"],
    ["Arabic digits", "٥"],
    ["full-width digits", "５"],
    ["a mathematical minus", "−1"],
    ["null", null],
    ["undefined", undefined],
    ["a boolean", true],
    ["a bigint", 5n],
    ["a list of one amount", [5]],
    ["an object that prints as an amount", { toString: () => "5" }],
  ])("refuses %s", (_what, input) => {
    expect(parseCredits(input)).toBeUndefined();
  });

  it("never throws, and takes nothing that is not exactly what it reads", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.double(), fc.anything()), (input) => {
        const amount = parseCredits(input);
        if (amount === undefined) return;
        expect(typeof input === "number" || typeof input === "string").toBe(true);
        expect(Number(formatCredits(amount))).toBe(Number(input) + 0);
      }),
    );
  });
});

describe("credits to the outside", () => {
  it("come back as they went, as a string and through JSON", () => {
    fc.assert(
      fc.property(amounts, (amount) => {
        expect(parseCredits(formatCredits(amount))).toBe(amount);
        expect(parseCredits(JSON.parse(JSON.stringify(creditsToJson(amount))))).toBe(amount);
      }),
      { numRuns: 1_000 },
    );
  });

  it.each<[bigint, string]>([
    [0n, "0"],
    [1n, "0.000001"],
    [-1n, "-0.000001"],
    [2_500n, "0.0025"],
    [547_000_000n, "547"],
    [-12_500_000n, "-12.5"],
    [10n ** 30n, "1000000000000000000000000"],
  ])("write %d micro-credits as %s", (amount, text) => {
    expect(formatCredits(micro(amount))).toBe(text);
  });

  it("fit a JSON number exactly up to four times the limit, whatever sum a wallet shows", () => {
    const edge = creditsLimit * 4n;
    fc.assert(
      fc.property(fc.bigInt({ min: -edge, max: edge }), (amount) => {
        const text = formatCredits(micro(amount));
        expect(creditsToJson(micro(amount)).toFixed(6)).toBe(Number(text).toFixed(6));
        expect(BigInt(creditsToJson(micro(amount)).toFixed(6).replace(".", ""))).toBe(amount);
      }),
      { numRuns: 1_000 },
    );
  });

  it("fail loudly at a thousand times the limit", () => {
    const tooMuch = (creditsLimit * 1_000n) as Credits;
    expect(() => creditsToJson(tooMuch)).toThrow("credits fit a JSON number");
    expect(() => creditsToJson(micro(-tooMuch))).toThrow("credits fit a JSON number");
  });
});

describe("sums of credits", () => {
  it("count a whole credit as a million, and only whole numbers", () => {
    expect(wholeCredits(500)).toBe(500_000_000n);
    expect(() => wholeCredits(0.5)).toThrow(RangeError);
  });

  it("add and compare without drift", () => {
    expect(sumCredits(Array.from({ length: 10 }, () => micro(100_000n)))).toBe(wholeCredits(1));
    expect(sumCredits([])).toBe(0n);
    expect(minCredits(micro(1n), micro(2n))).toBe(1n);
    expect(minCredits(micro(2n), micro(-1n))).toBe(-1n);
  });
});
