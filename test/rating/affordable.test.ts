import { describe, expect, it } from "vitest";
import { micro, wholeCredits } from "../../src/kernel/credits.js";
import { approvedOrThrow } from "../../src/kernel/verdict.js";
import { shortBy, spendable } from "../../src/rating/decide-affordability.js";
import { maxAffordable } from "../../src/rating/max-affordable.js";
import { shortfallPolicyOf, type Units } from "../../src/rating/price.js";
import { chatCard, oneRate } from "./cards.js";

describe("the most that is affordable", () => {
  it.each<[string, unknown, Units, string, number | null]>([
    ["of a quantity", { type: "quantity", credits: 3 }, { quantity: 1 }, "quantity", 3],
    [
      "of the only property",
      onlySeconds("2.5"),
      { properties: { seconds: 9 } },
      "properties.seconds",
      4,
    ],
    ["of events at a flat price", { type: "flat", credits: 4 }, {}, "events", 2],
    ["of events that are too dear", { type: "flat", credits: 11 }, {}, "events", 0],
    ["of what is free", { type: "quantity", credits: 0 }, { quantity: 1 }, "quantity", null],
    ["of free events", { type: "flat", credits: 0 }, {}, "events", null],
    [
      "of nearly free units, within one event",
      { type: "quantity", credits: "0.000000000001" },
      { quantity: 1 },
      "quantity",
      1e12,
    ],
  ])("%s", (_what, price, units, of, most) => {
    const answer = approvedOrThrow(maxAffordable(oneRate({ price }), "x", units, wholeCredits(10)));
    expect(answer).toEqual({ of, units: most === null ? null : BigInt(most) });
  });

  it("is nothing where the base or the minimum alone is too dear", () => {
    const dear = oneRate({ price: { ...onlySeconds("1"), base: 11 } });
    const atLeast = oneRate({ price: { type: "quantity", credits: 1 }, minimum: 11 });
    for (const [card, units] of [
      [dear, { properties: { seconds: 1 } }],
      [atLeast, { quantity: 1 }],
    ] as const)
      expect(approvedOrThrow(maxAffordable(card, "x", units, wholeCredits(10))).units).toBe(0n);
  });

  it.each([
    ["up", 3n],
    ["down", 6n],
    ["nearest", 4n],
  ])(
    "of units far below a millionth goes to where rounding %s would cost more",
    (rounding, most) => {
      const card = oneRate({ price: { type: "quantity", credits: "0.0000003" }, rounding });
      expect(approvedOrThrow(maxAffordable(card, "x", { quantity: 1 }, micro(1n))).units).toBe(
        most,
      );
    },
  );

  it("counts events like this one where several properties matter", () => {
    const units = { properties: { model: "gpt-x", inputTokens: 1_200, outputTokens: 350 } };
    const answer = maxAffordable(chatCard(), "chat.reply", units, wholeCredits(1));
    expect(approvedOrThrow(answer)).toEqual({ of: "events", units: 2n });
  });
});

function onlySeconds(credits: string) {
  return { type: "properties", properties: { seconds: { credits } } };
}

const reject = { policy: "reject" } as const;
const upToAvailable = { policy: "upToAvailable" } as const;
const debtOf5 = { policy: "debt", limit: wholeCredits(5) } as const;

it.each([
  [5, 10, 0, reject, 0, 10],
  [12, 10, 0, reject, 2, 10],
  [12, 0, 3, reject, 15, 0],
  [2, 10, 3, reject, 3, 0],
  [0, 0, 3, reject, 0, 0],
  [12, 10, 0, upToAvailable, 2, 10],
  [2, 10, 3, upToAvailable, 3, 0],
  [15, 10, 0, debtOf5, 0, 15],
  [16, 10, 0, debtOf5, 1, 15],
  [3, 0, 3, debtOf5, 1, 2],
  [1, 0, 6, debtOf5, 2, 0],
  [0, 0, 6, debtOf5, 0, 0],
])(
  "for %i credits, with %i available and %i owed, by the policy %o, is short by %i and may spend %i",
  (credits, available, debt, policy, short, most) => {
    const purse = { available: wholeCredits(available), debt: wholeCredits(debt) };
    expect(shortBy(wholeCredits(credits), purse, policy)).toBe(wholeCredits(short));
    expect(spendable(purse, policy)).toBe(wholeCredits(most));
  },
);

it("covers a shortfall by the event's policy, else the card's, else not at all", () => {
  const flat = { price: { type: "flat", credits: 1 } };
  const debt = { policy: "debt", limit: "2.5" };
  const card = oneRate({ ...flat, shortfall: { policy: "upToAvailable" } }, debt);
  expect(shortfallPolicyOf(card, "x")).toEqual({ policy: "upToAvailable" });
  expect(shortfallPolicyOf(card, "other")).toEqual({ policy: "debt", limit: 2_500_000n });
  expect(shortfallPolicyOf(oneRate(flat, debt), "x")).toEqual({
    policy: "debt",
    limit: 2_500_000n,
  });
  expect(shortfallPolicyOf(oneRate(flat), "x")).toEqual({ policy: "reject" });
  expect(shortfallPolicyOf(undefined, "x")).toEqual({ policy: "reject" });
});
