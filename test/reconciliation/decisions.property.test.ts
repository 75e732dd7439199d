import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Credits } from "../../src/kernel/credits.js";
import { newId } from "../../src/kernel/ids.js";
import {
  type BookedPayment,
  decideDifference,
} from "../../src/reconciliation/decide-difference.js";
import { decideReturn } from "../../src/reconciliation/decide-return.js";
import { addCounts, addSums } from "../../src/reconciliation/decide-tally.js";
import { decideTotals } from "../../src/reconciliation/decide-totals.js";
import {
  decideWindow,
  eventReachSeconds,
  ledgerWindow,
  objectWindow,
  overlapSeconds,
  quietSeconds,
} from "../../src/reconciliation/decide-window.js";
import { countNames, sumNames, type Sums } from "../../src/reconciliation/rules.js";
import { booked, paymentFor, price, projectId } from "./booked.js";

describe("one payment", () => {
  it("that is as agreed differs only by what was granted for it, and heals only when nothing was", () => {
    const posted = fc.bigInt({ min: 0n, max: 3n });
    fc.assert(
      fc.property(booked, posted, (purchase, times) => {
        const of = { ...purchase, posted: (purchase.credits * times) as Credits };
        const { difference, canHeal } = decideDifference(paymentFor(of), of, projectId);
        const expected = times === 0n ? "missing_grant" : times === 1n ? undefined : "double_grant";
        expect(difference?.class).toBe(expected);
        expect(canHeal).toBe(times === 0n);
      }),
    );
  });

  it("that was granted although another amount came in is told, and never healed", () => {
    fc.assert(
      fc.property(booked, price, (purchase, amountMinor) => {
        const of = { ...purchase, posted: purchase.credits };
        const { difference, canHeal } = decideDifference(
          paymentFor(of, { amountMinor }),
          of,
          projectId,
        );
        const isDiscount = of.allowPromotionCodes && amountMinor < of.priceMinor;
        const isFine = amountMinor === of.priceMinor || isDiscount;
        expect(difference?.class).toBe(isFine ? undefined : "amount_mismatch");
        expect(canHeal).toBe(false);
      }),
    );
  });

  it("of nobody is told unless all of it went back", () => {
    fc.assert(
      fc.property(price, price, (amountMinor, refunded) => {
        const refundedMinor = refunded < amountMinor ? refunded : amountMinor;
        const payment = {
          ...paymentFor({ priceMinor: 1n } as BookedPayment),
          amountMinor,
          refundedMinor,
        };
        const { difference, canHeal } = decideDifference(payment, undefined, projectId);
        expect(difference?.class).toBe(refundedMinor < amountMinor ? "orphan_payment" : undefined);
        expect(canHeal).toBe(false);
      }),
    );
  });

  it("of another project of the account is that project's affair", () => {
    fc.assert(
      fc.property(booked, (purchase) => {
        const of = { ...purchase, posted: 0n as Credits };
        expect(decideDifference(paymentFor(of), of, newId("project")).difference).toBeUndefined();
      }),
    );
  });

  it("beside the one that paid for the purchase is one too many", () => {
    fc.assert(
      fc.property(booked, (purchase) => {
        const of = { ...purchase, posted: purchase.credits };
        const second = paymentFor(of, { chargeId: "ch_2", paymentIntentId: "pi_2" });
        const { difference } = decideDifference(second, of, projectId);
        expect(difference).toMatchObject({ class: "orphan_payment", subject: "ch_2" });
      }),
    );
  });
});

describe("the time that the ledger is asked about", () => {
  it("is nothing for all of its rows, else it begins before the end of the last run", () => {
    const time = fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true });
    fc.assert(
      fc.property(time, fc.option(time), (now, since) => {
        const { from, to } = ledgerWindow(now, since);
        expect(to).toEqual(now);
        const begin = since === null ? now.getTime() : since.getTime() - quietSeconds * 1_000;
        expect(from.getTime()).toBe(Math.min(begin, now.getTime()));
      }),
    );
  });
});

describe("a refund or dispute", () => {
  it("differs exactly when it withholds something else than our books know, by the direction", () => {
    const withheld = fc.option(fc.bigInt({ min: 0n, max: 20n }));
    const kind = fc.constantFrom("refund", "dispute");
    fc.assert(
      fc.property(
        booked,
        withheld,
        fc.bigInt({ min: 0n, max: 20n }),
        kind,
        (of, stripe, kept, is) => {
          const told = {
            id: "re_1",
            kind: is,
            paymentIntentId: "pi_1",
            withheldMinor: stripe,
            currency: "usd",
          };
          const purchase = { ...of, reversed: 0n as Credits };
          const difference = decideReturn(told, purchase, kept, projectId);
          const expected = stripe !== null && stripe < kept ? "over_reversal" : "missing_reversal";
          expect(difference?.class).toBe(stripe === kept ? undefined : expected);
          const nothing = { ...purchase, posted: 0n as Credits };
          expect(decideReturn(told, nothing, kept, projectId)).toBeUndefined();
          expect(decideReturn(told, undefined, kept, projectId)).toBeUndefined();
          expect(decideReturn(told, purchase, kept, newId("project"))).toBeUndefined();
        },
      ),
    );
  });
});

describe("a window", () => {
  const now = new Date("2026-03-01T12:00:00Z");
  const ago = (seconds: number) => new Date(now.getTime() - seconds * 1_000);
  const question = { now, since: null, oldest: null, windowDays: 35 };
  const seconds = fc.integer({ min: 0, max: 400 * 86_400 });

  it("goes on a little before where the last one ended, whatever the ring", () => {
    fc.assert(
      fc.property(seconds, (since) => {
        const lastTo = ago(since + quietSeconds);
        const { from, to } = decideWindow({ ...question, ring: "objects", lastTo });
        expect(from).toEqual(ago(since + quietSeconds + overlapSeconds));
        expect(to).toEqual(ago(quietSeconds));
      }),
    );
  });

  it("of events is bridged exactly when Stripe no longer lists all of them", () => {
    fc.assert(
      fc.property(seconds, (since) => {
        const window = decideWindow({ ...question, ring: "events", lastTo: ago(since) });
        const begin = since + overlapSeconds;
        const isTooFar = begin > eventReachSeconds;
        expect(window.bridgedFrom).toEqual(isTooFar ? ago(begin) : null);
        expect(window.from).toEqual(ago(Math.min(begin, eventReachSeconds)));
        expect(window.to).toEqual(now);
      }),
    );
  });

  it("that is bridged compares objects from its gap on, but none that are too young", () => {
    fc.assert(
      fc.property(seconds, (since) => {
        const { from, to, bridgedFrom } = decideWindow({
          ...question,
          ring: "events",
          lastTo: ago(since),
        });
        const cut = objectWindow({ windowFrom: from, windowTo: to, bridgedFrom });
        expect(cut.windowFrom).toEqual(bridgedFrom ?? from);
        expect(cut.windowTo).toEqual(bridgedFrom === null ? to : ago(quietSeconds));
      }),
    );
  });

  it("never ends before it begins, also when somebody asks for the future", () => {
    const rings = fc.constantFrom("events", "objects", "full");
    fc.assert(
      fc.property(rings, fc.integer({ min: -1_000, max: 1_000 }), (ring, offset) => {
        const { from, to } = decideWindow({ ...question, ring, since: ago(offset), lastTo: null });
        expect(from.getTime()).toBeLessThanOrEqual(to.getTime());
      }),
    );
  });
});

describe("sums and counts", () => {
  const amounts = fc.dictionary(
    fc.constantFrom(...sumNames),
    fc.bigInt({ min: -1_000n, max: 1_000n }),
  );
  const sums = fc.dictionary(fc.constantFrom("usd", "jpy", "kwd"), amounts);
  const at = (of: Sums, currency: string, name: (typeof sumNames)[number]) =>
    of[currency]?.[name] ?? 0n;

  it("add up in any order and in any pieces", () => {
    fc.assert(
      fc.property(fc.array(sums), (all) => {
        const there = all.reduce<Sums>(addSums, {});
        const back = all.toReversed().reduce<Sums>(addSums, {});
        for (const currency of ["usd", "jpy", "kwd"])
          for (const name of sumNames) {
            const exact = all.reduce((sum, each) => sum + at(each, currency, name), 0n);
            expect([at(there, currency, name), at(back, currency, name)]).toEqual([exact, exact]);
          }
      }),
    );
    const counts = fc.dictionary(fc.constantFrom(...countNames), fc.nat());
    fc.assert(
      fc.property(counts, counts, (a, b) => {
        for (const name of countNames)
          expect(addCounts(a, b)[name] ?? 0).toBe((a[name] ?? 0) + (b[name] ?? 0));
      }),
    );
  });

  it("of objects and of the balance are told apart exactly when they differ", () => {
    const pairs = [
      ["charged", "balanceCharged"],
      ["refunded", "balanceRefunded"],
      ["disputed", "balanceDisputed"],
    ] as const;
    fc.assert(
      fc.property(sums, (all) => {
        const told = decideTotals(all).map(({ subject }) => subject);
        const differing = Object.keys(all).flatMap((currency) =>
          pairs
            .filter(
              ([objects, balance]) => at(all, currency, objects) !== at(all, currency, balance),
            )
            .map(([objects]) => `total:${objects}:${currency}`),
        );
        expect(told.toSorted()).toEqual(differing.toSorted());
      }),
    );
  });
});
