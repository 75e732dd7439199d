import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  currencyDecimals,
  formatMoney,
  isCurrencyCode,
  moneyProblem,
} from "../../src/kernel/money.js";

const money = (amountMinor: bigint | number, currency: string) => ({
  amountMinor: BigInt(amountMinor),
  currency,
});

describe("the minor unit of a currency", () => {
  it.each([
    ["usd", 2],
    ["eur", 2],
    ["huf", 2],
    ["twd", 2],
    ["isk", 2],
    ["ugx", 2],
    ["kwd", 3],
    ["bhd", 3],
    ["jod", 3],
    ["omr", 3],
    ["tnd", 3],
    ...["bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf"].map(
      (code) => [code, 0] as const,
    ),
    ...["vnd", "vuv", "xaf", "xof", "xpf"].map((code) => [code, 0] as const),
  ] as const)("of %s has %d decimals in Stripe's counting", (currency, decimals) => {
    expect(currencyDecimals(currency)).toBe(decimals);
  });

  it("is never guessed for a code in capitals, so that no yen passes for a hundredth of one", () => {
    expect(() => currencyDecimals("JPY")).toThrow("lower-case ISO 4217");
    expect(() => formatMoney(money(1_200, "JPY"))).toThrow("lower-case ISO 4217");
  });
});

describe("a currency code", () => {
  it.each(["usd", "jpy", "xof"])("may be %j", (code) => {
    expect(isCurrencyCode(code)).toBe(true);
  });
  it.each(["", "us", "usdt", "USD", "Usd", "us1", " usd", "usd\n", "üsd", "$"])(
    "may not be %j",
    (code) => {
      expect(isCurrencyCode(code)).toBe(false);
    },
  );
});

describe("what Stripe can charge exactly", () => {
  it.each([
    money(0, "usd"),
    money(1, "usd"),
    money(99_999_999, "usd"),
    money(1, "jpy"),
    money(999, "huf"), // whole forints bind payouts only, not charges
    money(999, "twd"),
    money(3_500, "kwd"),
    money(10, "kwd"),
    money(100, "isk"),
    money(500, "ugx"),
    money(0, "isk"),
  ])("includes $amountMinor $currency", (price) => {
    expect(moneyProblem(price)).toBeUndefined();
  });

  it.each([
    [money(-1, "usd"), "never negative"],
    [money(100_000_000, "usd"), "at most 99,999,999"],
    [money(999, "USD"), "lower-case ISO 4217"],
    [money(999, "us"), "lower-case ISO 4217"],
    [money(3_501, "kwd"), "end in 0"],
    [money(1, "bhd"), "end in 0"],
    [money(101, "isk"), "end in 00"],
    [money(150, "isk"), "end in 00"],
    [money(99, "ugx"), "end in 00"],
  ])("leaves out %o and says why", (price, because) => {
    expect(moneyProblem(price)).toContain(because);
  });
});

describe("money for people", () => {
  it.each([
    [money(999, "usd"), "$9.99"],
    [money(5, "usd"), "$0.05"],
    [money(0, "usd"), "$0.00"],
    [money(-5, "usd"), "-$0.05"],
    [money(-999, "usd"), "-$9.99"],
    [money(1_200, "jpy"), "¥1,200"],
    [money(-1, "jpy"), "-¥1"],
    [money(3_500, "kwd"), "KWD\u00a03.500"],
    [money(-1, "kwd"), "-KWD\u00a00.001"],
    [money(50_000, "isk"), "ISK\u00a0500"],
    [money(50_000, "ugx"), "UGX\u00a0500"],
    [money(12_345, "huf"), "HUF\u00a0123.45"],
    [money(9_007_199_254_740_993n, "usd"), "$90,071,992,547,409.93"],
    [money(10n ** 30n + 1n, "jpy"), "¥1,000,000,000,000,000,000,000,000,000,001"],
  ])("writes %o as %s", (amount, text) => {
    expect(formatMoney(amount)).toBe(text);
  });

  it("keeps every digit of any amount in any currency", () => {
    const anyMoney = fc.record({
      amountMinor: fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }),
      currency: fc.constantFrom("usd", "eur", "jpy", "krw", "kwd", "bhd", "huf", "twd"),
    });
    fc.assert(
      fc.property(anyMoney, (amount) => {
        const text = formatMoney(amount);
        const digits = BigInt(text.replace(/\D/g, ""));
        expect(text.startsWith("-") ? -digits : digits).toBe(amount.amountMinor);
        const decimals = /\.(\d+)$/.exec(text)?.[1]?.length ?? 0;
        expect(decimals).toBe(currencyDecimals(amount.currency));
      }),
    );
  });
});
