import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RefundFact } from "../../src/checkout/decide-reversed.js";
import { type Credits, micro } from "../../src/kernel/credits.js";
import type { Money } from "../../src/kernel/money.js";
import { decideRefund, type Refundable, type RefundAsk } from "../../src/reversals/rules.js";

const currency = "usd";
const refundOf = (amountMinor: bigint): RefundFact => ({
  id: "re_1",
  amountMinor,
  currency,
  status: "succeeded",
  createdAt: new Date(0),
});

/** What settling takes for so much money, by the rule in words: the share of the credits, rounded down; all for all. */
function takenFor(credits: bigint, captured: bigint, refunded: bigint): bigint {
  return refunded >= captured ? credits : (credits * refunded) / captured;
}

const amounts = fc.record({
  credits: fc.oneof(fc.bigInt(1n, 2_000n), fc.bigInt(1n, 10n ** 12n)),
  captured: fc.oneof(fc.bigInt(1n, 200n), fc.bigInt(1n, 10n ** 7n)),
});
/** In parts per million of what there can be. */
const share = fc.oneof(fc.nat(1_000_000), fc.constantFrom(0, 1_000_000)).map(BigInt);
const of = (whole: bigint, part: bigint) => (whole * part) / 1_000_000n;

/** A settled purchase of which something was refunded, and of whose credits some are unspent in its lot. */
const purchases: fc.Arbitrary<Refundable> = fc
  .tuple(amounts, fc.array(share, { maxLength: 3 }), share)
  .map(([{ credits, captured }, parts, left]) => {
    const refunds: RefundFact[] = [];
    let refunded = 0n;
    for (const part of parts) {
      const amount = of(captured - refunded, part);
      if (amount > 0n) refunds.push(refundOf(amount));
      refunded += amount;
    }
    return {
      ...bought(credits, captured),
      money: { ...bought(credits, captured).money, refunds },
      reversed: micro(refunded === 0n ? 0n : takenFor(credits, captured, refunded)),
      unspent: micro(of(credits, left)),
    };
  });

function bought(credits: bigint, captured: bigint): Refundable {
  return {
    credits: micro(credits),
    granted: micro(credits),
    money: { chargeId: "ch_1", capturedMinor: captured, currency, refunds: [], disputes: [] },
    unspent: micro(credits),
    reversed: micro(0n),
  };
}

const asks: fc.Arbitrary<(there: Refundable) => RefundAsk> = fc
  .tuple(fc.constantFrom("everything", "credits", "amount"), share)
  .map(([type, part]) => ({ credits, money }: Refundable): RefundAsk => {
    if (type === "everything") return { type };
    if (type === "credits") return { type, credits: micro(of(credits, part) + 1n) };
    return { type: "amount", amount: { amountMinor: of(money.capturedMinor, part), currency } };
  });

const refundedOf = ({ money }: Refundable) =>
  money.refunds.reduce((total, { amountMinor }) => total + amountMinor, 0n);

/** The purchase once Stripe has the refund and it is settled. */
function settled(there: Refundable, money: Money, taken: Credits): Refundable {
  const refunds = [...there.money.refunds, refundOf(money.amountMinor)];
  return {
    ...there,
    money: { ...there.money, refunds },
    reversed: micro(there.reversed + taken),
    unspent: micro(there.unspent - taken),
  };
}

describe("a refund", () => {
  it("is never worth more than the unspent credits cost, and takes what settling takes", () => {
    const seen = { approved: 0, refused: 0 };
    fc.assert(
      fc.property(purchases, asks, (there, asking) => {
        const ask = asking(there);
        const verdict = decideRefund(there, ask);
        seen[verdict.approved ? "approved" : "refused"] += 1;
        if (!verdict.approved) return;
        const { money, credits } = verdict.value;
        const { capturedMinor } = there.money;
        const gone = refundedOf(there) + money.amountMinor;
        expect(money.amountMinor > 0n && gone <= capturedMinor).toBe(true);
        expect(credits > 0n && credits <= there.unspent).toBe(true);
        expect(credits).toBe(takenFor(there.credits, capturedMinor, gone) - there.reversed);
        // All that is gone costs no more than all that was taken back, to the last part of a cent.
        const back = there.reversed + (ask.type === "credits" ? ask.credits : there.unspent);
        expect(gone * there.credits < capturedMinor * (back + 1n)).toBe(true);
        if (ask.type !== "amount") expect(gone * there.credits <= capturedMinor * back).toBe(true);
        if (ask.type === "amount") expect(money).toEqual(ask.amount);
      }),
      { numRuns: 2_000 },
    );
    expect(Math.min(seen.approved, seen.refused)).toBeGreaterThan(100);
  });

  it("of everything leaves less than what one more cent costs, and is never too much", () => {
    fc.assert(
      fc.property(purchases, (there) => {
        const verdict = decideRefund(there, { type: "everything" });
        const after = verdict.approved
          ? settled(there, verdict.value.money, verdict.value.credits)
          : there;
        expect(decideRefund(after, { type: "everything" })).toMatchObject({
          approved: false,
          refusal: { code: "nothing_to_refund" },
        });
        const { capturedMinor } = there.money;
        const cent = refundedOf(after) + 1n;
        const isLeft =
          cent <= capturedMinor &&
          takenFor(after.credits, capturedMinor, cent) - after.reversed <= after.unspent &&
          cent * after.credits <= capturedMinor * (after.reversed + after.unspent) &&
          takenFor(after.credits, capturedMinor, cent) > after.reversed;
        expect(isLeft).toBe(false);
      }),
      { numRuns: 1_000 },
    );
  });

  it("of a purchase of which nothing was spent is all of it, whole or in parts", () => {
    fc.assert(
      fc.property(amounts, fc.array(asks, { maxLength: 6 }), ({ credits, captured }, parts) => {
        let there = bought(credits, captured);
        for (const ask of [
          ...parts.map((asking) => asking(there)),
          { type: "everything" as const },
        ]) {
          const verdict = decideRefund(there, ask);
          if (verdict.approved) there = settled(there, verdict.value.money, verdict.value.credits);
        }
        expect([refundedOf(there), there.reversed, there.unspent]).toEqual([captured, credits, 0n]);
      }),
      { numRuns: 1_000 },
    );
  });

  it("of more credits than are unspent is refused, however little more", () => {
    fc.assert(
      fc.property(purchases, (there) => {
        const ask = { type: "credits" as const, credits: micro(there.unspent + 1n) };
        expect(decideRefund(there, ask)).toMatchObject({
          approved: false,
          refusal: { code: "refund_exceeds_unspent" },
        });
      }),
    );
  });
});
