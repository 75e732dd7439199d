import { describe, expect, it } from "vitest";
import { formatCredits, micro, wholeCredits } from "../../src/kernel/credits.js";
import { approvedOrThrow } from "../../src/kernel/verdict.js";
import { explainPrice } from "../../src/rating/explain-price.js";
import { priceEvent, type Units } from "../../src/rating/price.js";
import { chatCard, costOf, oneRate, refusalOf } from "./cards.js";

describe("a price", () => {
  it.each<[string, unknown, Units, string]>([
    ["flat", { type: "flat", credits: 4 }, {}, "4"],
    ["flat, below a millionth", { type: "flat", credits: "0.0000000001" }, {}, "0.000001"],
    ["free", { type: "flat", credits: 0 }, {}, "0"],
    ["per unit", { type: "quantity", credits: "0.25" }, { quantity: 3 }, "0.75"],
    ["of part of a unit", { type: "quantity", credits: "0.25" }, { quantity: "0.5" }, "0.125"],
    ["of nothing", { type: "quantity", credits: 1 }, { quantity: 0 }, "0"],
    ["per many", { type: "quantity", credits: 1, per: 3 }, { quantity: 1 }, "0.333334"],
    ["per many, all of them", { type: "quantity", credits: 1, per: 3 }, { quantity: 3 }, "1"],
    [
      "by properties",
      {
        type: "properties",
        base: "0.01",
        properties: {
          inputTokens: { credits: "0.15", per: 1_000 },
          outputTokens: { credits: 0.6, per: 1_000 },
        },
      },
      { properties: { inputTokens: 1_200, outputTokens: "350", temperature: -1, note: "x" } },
      "0.4",
    ],
  ])("%s is exact", (_what, price, units, cost) => {
    expect(formatCredits(costOf(oneRate({ price }), units))).toBe(cost);
  });

  it.each([
    ["up", "0.333334", "0.666667", "0.5"],
    ["down", "0.333333", "0.666666", "0.5"],
    ["nearest", "0.333333", "0.666667", "0.5"],
  ])("rounds %s once, at the end", (rounding, third, twoThirds, half) => {
    const card = oneRate({ price: { type: "quantity", credits: 1, per: 6 }, rounding });
    const costs = [2, 4, 3].map((quantity) => formatCredits(costOf(card, { quantity })));
    expect(costs).toEqual([third, twoThirds, half]);
  });

  it("rounds half of a millionth up when it rounds to the nearest", () => {
    const price = { type: "quantity", credits: "0.0000005" };
    const card = oneRate({ price, rounding: "nearest" });
    const costs = [1, 2, 3, "0.999998"].map((quantity) => costOf(card, { quantity }));
    expect(costs).toEqual([1n, 1n, 2n, 0n]);
  });

  it("rounds the sum of its parts, not each part", () => {
    const third = { credits: 1, per: 3 };
    const price = { type: "properties", properties: { a: third, b: third, c: third } };
    expect(costOf(oneRate({ price }), { properties: { a: 1, b: 1, c: 1 } })).toBe(wholeCredits(1));
  });

  it("is the minimum where it would be less, even of nothing", () => {
    const card = oneRate({ price: { type: "quantity", credits: "0.001" }, minimum: 0.01 });
    const costs = [0, 9, 10, 11].map((quantity) => formatCredits(costOf(card, { quantity })));
    expect(costs).toEqual(["0.01", "0.01", "0.01", "0.011"]);
  });

  it("that no wallet could hold is refused", () => {
    const card = oneRate({ price: { type: "quantity", credits: 999_999_999 } });
    expect(costOf(card, { quantity: 1 })).toBe(wholeCredits(999_999_999));
    expect(refusalOf(card, { quantity: 2 }).code).toBe("unpriceable_event");
  });
});

describe("a table by model", () => {
  const price = {
    type: "models",
    models: {
      "gpt-x": { type: "flat", credits: 5 },
      "meta/llama 3:8b": { type: "flat", credits: 2 },
    },
  };
  const flat = { type: "flat", credits: 1 };

  it("takes the event's model, and the default for any other", () => {
    const card = oneRate({ price: { ...price, default: flat } });
    const models = ["gpt-x", "meta/llama 3:8b", "unknown", "__proto__", "constructor", ""];
    const costs = models.map((model) => costOf(card, { properties: { model } }));
    expect(costs).toEqual([5, 2, 1, 1, 1, 1].map(wholeCredits));
  });

  it.each(["GPT-X", "__proto__", "constructor", "toString", ""])(
    "refuses the model %s without a default",
    (model) => {
      const { code, details } = refusalOf(oneRate({ price }), { properties: { model } });
      expect([code, details.param]).toEqual(["unpriceable_event", "properties.model"]);
    },
  );

  it.each<Units>([{}, { properties: {} }, { properties: { model: 5 } }])(
    "refuses an event that names no model, whatever the default: %j",
    (units) => {
      for (const card of [oneRate({ price }), oneRate({ price: { ...price, default: flat } })])
        expect(refusalOf(card, units).details.param).toBe("properties.model");
    },
  );
});

describe("an event", () => {
  it("that the card does not name is unknown, with or without a card", () => {
    const card = oneRate({ price: { type: "flat", credits: 1 } });
    for (const event of ["other", "__proto__", "constructor", "toString", ""]) {
      expect(priceEvent(card, event, {})).toMatchObject({ refusal: { code: "unknown_event" } });
      expect(priceEvent(undefined, event, {})).toMatchObject({
        refusal: { code: "unknown_event" },
      });
    }
  });

  it.each<[string, Units]>([
    ["properties.outputTokens", { properties: { inputTokens: 5 } }],
    ["properties.inputTokens", { properties: { outputTokens: 5 } }],
    ["properties.inputTokens", { quantity: 5 }],
  ])("that lacks %s is refused by that name", (param, units) => {
    const token = { credits: 1 };
    const properties = { inputTokens: token, outputTokens: token };
    const card = oneRate({ price: { type: "properties", properties } });
    const { code, details } = refusalOf(card, units);
    expect([code, details.param]).toEqual(["unpriceable_event", param]);
    expect(details.detail).toContain("missing");
  });

  it("is not priced by what every object inherits", () => {
    const price = { type: "properties", properties: { toString: { credits: 1 } } };
    expect(refusalOf(oneRate({ price }), { properties: {} }).details.param).toBe(
      "properties.toString",
    );
  });

  const hostile: readonly (number | string)[] = [
    -1,
    "-1",
    Number.NaN,
    Number.POSITIVE_INFINITY,
    1e21,
    1_000_000_000_001,
    "1000000000000.000001",
    0.000_000_1,
    "0.0000001",
    0.1 + 0.2,
    12_345_678_901.234_568,
    "1e3",
    "+1",
    "01",
    ".5",
    "5.",
    "",
    " 1",
    "1 ",
    "1_000",
    "1,000",
    "0x10",
    "٥",
    "５",
    "Infinity",
    "9".repeat(10_000),
  ];
  it.each(hostile.map((value) => [String(value).slice(0, 30), value] as const))(
    "that counts %s is refused",
    (_shown, value) => {
      const card = oneRate({ price: { type: "quantity", credits: 1 } });
      const { code, details } = refusalOf(card, { quantity: value });
      expect([code, details.param]).toEqual(["unpriceable_event", "quantity"]);
    },
  );

  it.each([0, -0, "0", "0.000001", 0.000_001, 1e3, "1000000000000", 1e12, 999_999_999.123_456])(
    "that counts %s is priced",
    (quantity) => {
      const card = oneRate({ price: { type: "quantity", credits: "0.000000000001" } });
      expect(priceEvent(card, "x", { quantity }).approved).toBe(true);
    },
  );
});

describe("the explanation of a price", () => {
  it("names each part, by what it was multiplied, and adds up", () => {
    const units = { properties: { model: "gpt-x", inputTokens: 1_200, outputTokens: "350" } };
    expect(approvedOrThrow(explainPrice(chatCard(), "chat.reply", units))).toEqual({
      credits: micro(390_000n),
      rateCardVersion: 1,
      model: "gpt-x",
      rounding: "up",
      lines: [
        {
          what: "properties.inputTokens",
          units: "1200",
          unitPrice: "0.15",
          per: 1_000,
          credits: "0.18",
        },
        {
          what: "properties.outputTokens",
          units: "350",
          unitPrice: "0.6",
          per: 1_000,
          credits: "0.21",
        },
      ],
    });
  });

  it("says what the minimum added, and what was flat", () => {
    const card = oneRate({ price: { type: "flat", credits: "0.004" }, minimum: 0.01 });
    const once = (what: string, credits: string) => {
      return { what, units: "1", unitPrice: credits, per: 1, credits };
    };
    expect(approvedOrThrow(explainPrice(card, "x", {})).lines).toEqual([
      once("flat", "0.004"),
      once("minimum", "0.006"),
    ]);
  });

  it("is refused as the price is", () => {
    expect(explainPrice(chatCard(), "chat.reply", {})).toEqual(
      priceEvent(chatCard(), "chat.reply", {}),
    );
  });
});
