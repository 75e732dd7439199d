import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { micro } from "../../src/kernel/credits.js";
import { approvedOrThrow } from "../../src/kernel/verdict.js";
import { maxAffordable } from "../../src/rating/max-affordable.js";
import { type RateCard, priceEvent, type Units } from "../../src/rating/price.js";
import { formatDecimal, type Rounding } from "../../src/rating/rules.js";
import { costOf, oneRate } from "./cards.js";

/** An exact fraction of micro-credits, added up without any of the code under test. */
interface Fraction {
  readonly top: bigint;
  readonly bottom: bigint;
}
const plus = (a: Fraction, b: Fraction): Fraction => ({
  top: a.top * b.bottom + b.top * a.bottom,
  bottom: a.bottom * b.bottom,
});

/** Digits to a fraction: `0.15` is 15/100. */
function fractionOf(digits: string): Fraction {
  const [whole = "", decimals = ""] = digits.split(".");
  return { top: BigInt(whole + decimals), bottom: BigInt(`1${"0".repeat(decimals.length)}`) };
}

function naiveRound({ top, bottom }: Fraction, rounding: Rounding): bigint {
  const whole = top / bottom;
  const rest = top - whole * bottom;
  if (rest === 0n || rounding === "down") return whole;
  return rounding === "up" || 2n * rest >= bottom ? whole + 1n : whole;
}

interface Case {
  readonly counted: Readonly<Record<string, readonly [price: string, per: number, units: string]>>;
  readonly base: string;
  readonly rounding: Rounding;
  readonly minimum: string;
}

function naiveCost({ counted, base, rounding, minimum }: Case): bigint {
  const million = { top: 1_000_000n, bottom: 1n };
  const times = (a: Fraction, b: Fraction) => ({ top: a.top * b.top, bottom: a.bottom * b.bottom });
  const exact = Object.values(counted).reduce(
    (sum, [price, per, units]) =>
      plus(
        sum,
        times(times(fractionOf(price), fractionOf(units)), {
          top: 1_000_000n,
          bottom: BigInt(per),
        }),
      ),
    times(fractionOf(base), million),
  );
  const rounded = naiveRound(exact, rounding);
  const least = naiveRound(times(fractionOf(minimum), million), "down");
  return rounded < least ? least : rounded;
}

const decimal = (decimals: number, max: bigint) =>
  fc
    .tuple(fc.bigInt({ min: 0n, max }), fc.integer({ min: 0, max: decimals }))
    .map(([value, zeros]) =>
      formatDecimal((value / 10n ** BigInt(zeros)) * 10n ** BigInt(zeros), decimals),
    );
const price = decimal(12, 10n ** 16n);
const per = fc.oneof(
  fc.constantFrom(1, 3, 7, 1_000, 1_000_000, 1_000_000_000),
  fc.integer({ min: 1, max: 1_000_000_000 }),
);
const units = decimal(6, 10n ** 10n);
const rounding = fc.constantFrom<Rounding>("up", "down", "nearest");
const anyCase: fc.Arbitrary<Case> = fc.record({
  counted: fc.dictionary(fc.stringMatching(/^[a-l]{1,3}$/), fc.tuple(price, per, units), {
    minKeys: 1,
    maxKeys: 6,
  }),
  base: price,
  rounding,
  minimum: decimal(6, 10n ** 9n),
});

function cardOfCase({ counted, base, rounding: rule, minimum }: Case): RateCard {
  const properties = Object.fromEntries(
    Object.entries(counted).map(([name, [credits, each]]) => [name, { credits, per: each }]),
  );
  return oneRate({ price: { type: "properties", properties, base }, rounding: rule, minimum });
}

const unitsOfCase = ({ counted }: Case): Units => ({
  properties: Object.fromEntries(
    Object.entries(counted).map(([name, [, , count]]) => [name, count]),
  ),
});

it("costs what independent fractions say, whatever the prices, units, rounding and minimum", () => {
  fc.assert(
    fc.property(anyCase, (each) => {
      expect(costOf(cardOfCase(each), unitsOfCase(each))).toBe(naiveCost(each));
    }),
    { numRuns: 2_000 },
  );
});

it("costs the same written as a number or as digits", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 999_999_999 }),
      fc.integer({ min: 0, max: 6 }),
      (digits, places) => {
        const text = formatDecimal(BigInt(digits) * 10n ** BigInt(6 - places), 6);
        const card = oneRate({ price: { type: "quantity", credits: "0.000123", per: 7 } });
        expect(costOf(card, { quantity: Number(text) })).toBe(costOf(card, { quantity: text }));
      },
    ),
  );
});

it.each<Rounding>(["up", "down", "nearest"])(
  "drifts by nothing over 100,000 events at a price far below a millionth, rounded %s",
  (rule) => {
    const token = { credits: "0.000000000123", per: 1 };
    const card = oneRate({
      price: {
        type: "properties",
        properties: { inputTokens: token, outputTokens: { ...token, per: 3 } },
      },
      rounding: rule,
    });
    let sum = 0n;
    let exactSum = 0n;
    let seed = 1;
    const next = () => (seed = (seed * 48_271) % 2_147_483_647) % 100_000;
    for (let n = 0; n < 100_000; n++) {
      const [inputTokens, outputTokens] = [next(), next()];
      sum += costOf(card, { properties: { inputTokens, outputTokens } });
      // 123e-12 credits a token are 123 millionths of a micro-credit; in thirds, to have whole numbers.
      const top = 123n * (3n * BigInt(inputTokens) + BigInt(outputTokens));
      exactSum += naiveRound({ top, bottom: 3_000_000n }, rule);
    }
    expect(sum).toBe(exactSum);
    expect(sum > 0n).toBe(true);
  },
);

describe("the most that is affordable", () => {
  const anyRate = fc.record({ price, per, base: price, rounding, minimum: decimal(6, 2_000_000n) });

  it("is paid, and one more is not", () => {
    fc.assert(
      fc.property(anyRate, fc.bigInt({ min: 0n, max: 10n ** 15n - 1n }), (rate, purse) => {
        const { price: credits, per: each, base, ...rest } = rate;
        const properties = { seconds: { credits, per: each } };
        const card = oneRate({ price: { type: "properties", properties, base }, ...rest });
        const asked = { properties: { seconds: 0 } };
        const { of, units: most } = approvedOrThrow(maxAffordable(card, "x", asked, micro(purse)));
        expect(of).toBe("properties.seconds");
        const pays = (seconds: bigint) => {
          const verdict = priceEvent(card, "x", { properties: { seconds: String(seconds) } });
          return verdict.approved && verdict.value.credits <= purse;
        };
        const limit = 1_000_000_000_000n;
        if (most === null) {
          expect([pays(0n), pays(limit)]).toEqual([true, true]);
          return;
        }
        expect(pays(most) || most === 0n).toBe(true);
        expect(most === limit || !pays(most + 1n)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ["credits", decimal(6, 3_000_000n), decimal(6, 5_000_000n), 20_000_000n],
    ["fractions of a millionth", decimal(12, 3_000_000n), decimal(6, 5n), 20n],
  ] as const)("is what counting up finds, in %s", (_what, credits, minimum, purseMax) => {
    const small = fc.record({ credits, per: fc.integer({ min: 1, max: 12 }), rounding, minimum });
    fc.assert(
      fc.property(small, fc.bigInt({ min: 0n, max: purseMax }), (rate, purse) => {
        const { credits: each, per: count, ...rest } = rate;
        const card = oneRate({ price: { type: "quantity", credits: each, per: count }, ...rest });
        let counted = 0n;
        const countMax = 400n;
        while (counted < countMax && costOf(card, { quantity: String(counted + 1n) }) <= purse)
          counted++;
        const asked = { quantity: 1 };
        const { units: most } = approvedOrThrow(maxAffordable(card, "x", asked, micro(purse)));
        if (counted === countMax) expect(most === null || most >= countMax).toBe(true);
        else expect(most).toBe(counted);
      }),
      { numRuns: 500 },
    );
  });
});
