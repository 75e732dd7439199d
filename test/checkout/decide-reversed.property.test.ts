import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decideReversed,
  type DisputeFact,
  type RefundFact,
  type ReturnedMoney,
} from "../../src/checkout/decide-reversed.js";
import { type Credits, creditsLimit, wholeCredits } from "../../src/kernel/credits.js";
import { disputeFact, refundFact } from "./payment-life.js";

const credits = fc.bigInt({ min: 1n, max: creditsLimit - 1n }).map((amount) => amount as Credits);
const capturedMinor = fc.bigInt({ min: 1n, max: 10_000_000n });
const taking = fc.constantFrom("pending", "requires_action", "succeeded");
const ended = fc.constantFrom("failed", "canceled");

function money(changes: Partial<ReturnedMoney>): ReturnedMoney {
  return {
    chargeId: "ch_1",
    capturedMinor: 100n,
    currency: "usd",
    refunds: [],
    disputes: [],
    ...changes,
  };
}

/** The target of a purchase that was granted in full; fails when it is not clear. */
function targetOf(amount: Credits, returned: ReturnedMoney): Credits {
  const due = decideReversed({ credits: amount, granted: amount }, returned);
  if (!due.isClear) throw new Error(due.problem);
  return due.target;
}

/** `total` cut into some parts, none of them empty. */
function partsOf(total: bigint): fc.Arbitrary<readonly bigint[]> {
  return fc.array(fc.bigInt({ min: 0n, max: total }), { maxLength: 6 }).map((cuts) => {
    const edges = [0n, ...cuts.toSorted((a, b) => (a < b ? -1 : Number(a > b))), total];
    return edges
      .slice(1)
      .map((edge, n) => edge - (edges[n] ?? 0n))
      .filter((part) => part > 0n);
  });
}

function refundsOf(parts: readonly bigint[], status = "succeeded"): readonly RefundFact[] {
  return parts.map((amountMinor, n) => refundFact({ id: `re_${n}`, amountMinor, status }));
}

/** A dispute that withdrew its amount once and more, each time after it had been given back. */
function disputes(max: bigint): fc.Arbitrary<DisputeFact> {
  return fc
    .record({ amount: fc.bigInt({ min: 1n, max }), moves: fc.nat(5) })
    .map(({ amount, moves }) =>
      disputeFact(
        Array.from({ length: moves }, (_, n) => (n % 2 === 0 ? -amount : amount)),
        { amountMinor: amount },
      ),
    );
}

describe("deciding what of a purchase is taken back", () => {
  it("takes exactly everything once all money is back, in whatever parts it went", () => {
    const cut = capturedMinor.chain((captured) =>
      fc.tuple(fc.constant(captured), partsOf(captured), fc.nat(6)),
    );
    fc.assert(
      fc.property(credits, cut, (amount, [captured, parts, refunded]) => {
        const withheld = parts.slice(refunded);
        const returned = money({
          capturedMinor: captured,
          refunds: refundsOf(parts.slice(0, refunded)),
          disputes: withheld.map((part, n) => disputeFact([-part], { id: `du_${n}` })),
        });
        expect(targetOf(amount, returned)).toBe(amount);
      }),
    );
  });

  it("ends 33, 33 and 34 of 100 at exactly zero, and takes each part's own share on the way", () => {
    const amount = wholeCredits(500);
    const shares = [1, 2, 3].map((count) =>
      targetOf(amount, money({ refunds: refundsOf([33n, 33n, 34n].slice(0, count)) })),
    );
    expect(shares).toEqual([wholeCredits(165), wholeCredits(330), amount]);
  });

  it("takes the share of the credits that is the share of the money, at most a micro-credit less", () => {
    const cut = capturedMinor.chain((captured) =>
      fc.tuple(fc.constant(captured), fc.bigInt({ min: 0n, max: captured - 1n }).chain(partsOf)),
    );
    fc.assert(
      fc.property(credits, cut, taking, (amount, [captured, parts], status) => {
        const refunds = refundsOf(parts, status);
        const target = targetOf(amount, money({ capturedMinor: captured, refunds }));
        const back = parts.reduce((total, part) => total + part, 0n);
        expect(target * captured <= amount * back).toBe(true);
        expect((target + 1n) * captured > amount * back).toBe(true);
      }),
    );
  });

  it("never takes more than was granted, nor gives back more than was taken, whatever is refunded and disputed", () => {
    const lists = capturedMinor.chain((captured) =>
      fc.tuple(
        fc.constant(captured),
        fc.array(fc.bigInt({ min: 1n, max: captured }), { maxLength: 5 }),
        fc.array(disputes(2n * captured), { maxLength: 4 }),
      ),
    );
    fc.assert(
      fc.property(credits, lists, fc.boolean(), (amount, [captured, parts, all], isGranted) => {
        const granted = isGranted ? amount : (0n as Credits);
        const returned = money({
          capturedMinor: captured,
          refunds: refundsOf(parts),
          disputes: all,
        });
        const due = decideReversed({ credits: amount, granted }, returned);
        if (!due.isClear) throw new Error(due.problem);
        expect(due.target >= 0n && due.target <= granted).toBe(true);
        const isBack =
          parts.length === 0 && all.every(({ movements }) => movements.length % 2 === 0);
        if (isBack) expect(due).toMatchObject({ target: 0n, state: "paid", disputed: false });
      }),
    );
  });

  it("depends on what is true now alone: not on the order, nor on refunds and disputes that came to nothing", () => {
    const lists = fc.tuple(
      fc.array(fc.bigInt({ min: 1n, max: 60n }), { maxLength: 4 }),
      fc.array(disputes(60n), { maxLength: 3 }),
      fc.array(fc.tuple(fc.bigInt({ min: 1n, max: 100n }), ended), { maxLength: 4 }),
      fc.array(fc.bigInt({ min: 1n, max: 100n }), { maxLength: 3 }),
    );
    const shuffles = lists.chain(([parts, all, failures, won]) => {
      const refunds = refundsOf(parts);
      const noise = failures.map(([amountMinor, status], n) =>
        refundFact({ id: `re_none_${n}`, amountMinor, status }),
      );
      const inquiry = disputeFact([], { id: "du_inquiry", status: "warning_needs_response" });
      const settled = won.map((part, n) => disputeFact([-part, part], { id: `du_won_${n}` }));
      const noisy = [...all, inquiry, ...settled];
      return fc.record({
        plain: fc.constant(money({ refunds, disputes: all })),
        told: fc.record({
          refunds: fc.shuffledSubarray([...refunds, ...noise], {
            minLength: refunds.length + noise.length,
          }),
          disputes: fc.shuffledSubarray(noisy, { minLength: noisy.length }),
        }),
      });
    });
    fc.assert(
      fc.property(credits, shuffles, (amount, { plain, told }) => {
        const bought = { credits: amount, granted: amount };
        expect(decideReversed(bought, money(told))).toEqual(decideReversed(bought, plain));
      }),
    );
  });

  it("says how much of the money was refunded, disputes aside", () => {
    const state = (parts: readonly bigint[], moved: readonly bigint[] = []) =>
      decideReversed(
        { credits: wholeCredits(1), granted: wholeCredits(1) },
        money({ refunds: refundsOf(parts), disputes: [disputeFact(moved)] }),
      );
    expect(state([])).toMatchObject({ state: "paid", disputed: false });
    expect(state([], [-100n])).toMatchObject({ state: "paid", disputed: true });
    expect(state([99n])).toMatchObject({ state: "partially_refunded", disputed: false });
    expect(state([50n, 50n], [-100n, 100n])).toMatchObject({ state: "refunded", disputed: false });
  });
});

describe("disputes in an account that settles in another currency", () => {
  const foreign = (...moved: readonly bigint[]) =>
    money({
      disputes: [
        disputeFact([], {
          amountMinor: 100n,
          movements: moved.map((amountMinor) => ({ amountMinor, currency: "eur" })),
        }),
      ],
    });

  it("take the disputed amount and give it back whole, at whatever rates it was converted", () => {
    const amount = wholeCredits(10);
    expect(targetOf(amount, foreign(-92n))).toBe(amount);
    expect(targetOf(amount, foreign(-92n, 89n))).toBe(0n);
    expect(targetOf(amount, foreign(-92n, 95n))).toBe(0n);
    expect(targetOf(amount, foreign(-92n, 95n, -90n))).toBe(amount);
  });

  it("are not clear when a movement cannot be the whole amount", () => {
    const bought = { credits: wholeCredits(10), granted: wholeCredits(10) };
    for (const returned of [foreign(-92n, 40n), foreign(92n), foreign(-92n, 92n, 92n)])
      expect(decideReversed(bought, returned)).toEqual({
        isClear: false,
        problem: expect.stringContaining("du_1"),
      });
  });
});

describe("what has no rule is not guessed", () => {
  const bought = { credits: wholeCredits(10), granted: wholeCredits(10) };
  const cases: readonly (readonly [string, Partial<ReturnedMoney>])[] = [
    ["a status of a refund that nobody knows", { refunds: [refundFact({ status: "reversed" })] }],
    ["a refund in another currency", { refunds: [refundFact({ currency: "eur" })] }],
    ["a dispute in another currency", { disputes: [disputeFact([-9n], { currency: "eur" })] }],
    ["more reinstated than withdrawn", { disputes: [disputeFact([-9n, 10n])] }],
    ["money back of a charge without money", { capturedMinor: 0n, refunds: [refundFact()] }],
  ];

  it.each(cases)("%s", (_, returned) => {
    expect(decideReversed(bought, money(returned))).toEqual({
      isClear: false,
      problem: expect.stringMatching(/(?:re_1|du_1|ch_1).+\.$/),
    });
  });

  it("but a failed refund and an inquiry take nothing, whatever they say beside", () => {
    const returned = money({
      capturedMinor: 0n,
      refunds: [refundFact({ status: "failed", currency: "eur" })],
      disputes: [disputeFact([], { currency: "eur", status: "some_new_status" })],
    });
    expect(targetOf(wholeCredits(10), returned)).toBe(0n);
  });
});
