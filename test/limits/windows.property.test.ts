import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Credits, micro, zeroCredits } from "../../src/kernel/credits.js";
import { present } from "../../src/kernel/assert.js";
import { newId } from "../../src/kernel/ids.js";
import { budgetLeft } from "../../src/ledger/decide-budget.js";
import {
  countBack,
  countSpend,
  type Period,
  periods,
  type SpendWindows,
  spentNow,
  windowEnd,
  windowStart,
} from "../../src/ledger/decide-limits.js";
import {
  allowancesOf,
  changeLimits,
  type Limits,
  limitsOf,
  tokenBudgetOf,
} from "../../src/limits/rules.js";
import { type Counted, NaiveLimit } from "../ledger/naive-limit.js";

const second = 1_000;
const day = 86_400 * second;

/** Instants around which windows end: minutes, days, months of every length, leap days, years. */
const borders = [
  "2030-06-15T12:34:00Z",
  "2031-03-01T00:00:00Z", // no leap year
  "2032-02-29T00:00:00Z",
  "2032-03-01T00:00:00Z",
  "2100-03-01T00:00:00Z", // divisible by 4, and no leap year
  "2030-05-01T00:00:00Z",
  "2030-08-01T00:00:00Z",
  "2031-01-01T00:00:00Z",
].map((text) => new Date(text));
const nearBorder = fc
  .tuple(fc.constantFrom(...borders), fc.integer({ min: -90 * second, max: 90 * second }))
  .map(([border, offset]) => new Date(border.getTime() + offset));
const anyInstant = fc.date({
  min: new Date("2025-01-01T00:00:00Z"),
  max: new Date("2110-01-01T00:00:00Z"),
  noInvalidDate: true,
});
const instant = fc.oneof(nearBorder, anyInstant);

const amount = fc.bigInt({ min: 0n, max: 60n }).map(micro);
const maximum = fc.option(fc.bigInt({ min: 0n, max: 150n }).map(micro), { nil: null });
const limits: fc.Arbitrary<Limits> = fc.record({ minute: maximum, day: maximum, month: maximum });

const begin = (of: Limits, at: Date): SpendWindows => {
  const each = (period: Period) => ({ max: of[period], spent: zeroCredits, startsAt: at });
  return { minute: each("minute"), day: each("day"), month: each("month"), budget: null };
};
const noUndefined = (of: Limits) =>
  Object.fromEntries(periods.flatMap((p) => (of[p] === null ? [] : [[p, of[p]]])));

describe("a window", () => {
  it("is what is written the same in UTC: up to the minute, the day or the month", () => {
    const digits = { minute: 16, day: 10, month: 7 } as const;
    const rest = { minute: ":00.000Z", day: "T00:00:00.000Z", month: "-01T00:00:00.000Z" } as const;
    fc.assert(
      fc.property(instant, fc.constantFrom(...periods), (at, period) => {
        const name = at.toISOString().slice(0, digits[period]);
        expect(windowStart(period, at).toISOString()).toBe(name + rest[period]);
      }),
    );
  });

  it("ends where the next one begins, and holds the instant it was asked for", () => {
    fc.assert(
      fc.property(instant, fc.constantFrom(...periods), (at, period) => {
        const [start, end] = [windowStart(period, at), windowEnd(period, at)];
        expect(start <= at && at < end).toBe(true);
        expect(windowStart(period, end)).toEqual(end);
        expect(windowStart(period, new Date(end.getTime() - 1))).toEqual(start);
      }),
    );
  });

  it.each([
    ["month", "2032-02-29T23:59:59.999Z", "2032-02-01T00:00:00.000Z", "2032-03-01T00:00:00.000Z"],
    ["month", "2031-02-28T23:59:59.999Z", "2031-02-01T00:00:00.000Z", "2031-03-01T00:00:00.000Z"],
    ["month", "2030-12-31T23:59:59.999Z", "2030-12-01T00:00:00.000Z", "2031-01-01T00:00:00.000Z"],
    ["month", "2030-01-31T12:00:00.000Z", "2030-01-01T00:00:00.000Z", "2030-02-01T00:00:00.000Z"],
    ["day", "2032-02-28T12:00:00.000Z", "2032-02-28T00:00:00.000Z", "2032-02-29T00:00:00.000Z"],
    ["day", "2030-12-31T23:59:59.999Z", "2030-12-31T00:00:00.000Z", "2031-01-01T00:00:00.000Z"],
    ["minute", "2030-12-31T23:59:59.999Z", "2030-12-31T23:59:00.000Z", "2031-01-01T00:00:00.000Z"],
  ] as const)("of a %s around %s is from %s to %s", (period, at, start, end) => {
    expect(windowStart(period, new Date(at)).toISOString()).toBe(start);
    expect(windowEnd(period, new Date(at)).toISOString()).toBe(end);
  });
});

/** Something is used or held, or the oldest hold gives back what it can. */
const act = fc.record({
  advanceMs: fc.constantFrom(0, 1, second, 29 * second, 61 * second, 3_600 * second, day, 31 * day),
  what: fc.constantFrom("spend", "spend", "giveBack"),
  amount,
});
const acts = fc.array(act, { maxLength: 40 });

describe("what is counted", () => {
  it("is what a limit counts that remembers everything and adds it up anew each time", () => {
    fc.assert(
      fc.property(limits, instant, acts, (of, start, all) => {
        const naive = new NaiveLimit(noUndefined(of));
        const given: Counted[] = [];
        let windows: SpendWindows = begin(of, start);
        let at = start.getTime();
        for (const { advanceMs, what, amount: credits } of all) {
          const now = new Date((at += advanceMs));
          const hold = what === "giveBack" ? given.shift() : undefined;
          if (hold !== undefined) {
            windows = countBack(windows, hold.credits as Credits, hold.at, now) ?? windows;
            hold.credits = 0n;
          } else {
            const verdict = countSpend(windows, credits, now, "wallet_spend_limit");
            expect(verdict.approved).toBe(naive.hasRoom(credits, now));
            if (!verdict.approved) continue;
            given.push(naive.count(credits, now));
            windows = verdict.value ?? windows;
          }
          for (const period of periods)
            expect(spentNow(period, windows[period], now)).toBe(naive.spent(period, now));
        }
      }),
      { numRuns: 500 },
    );
  });

  it("never exceeds a limit within any window, in whatever order late clocks come to the lock", () => {
    const late = fc.integer({ min: 0, max: 3 * second });
    const spends = fc.array(fc.tuple(act, late), { maxLength: 40 });
    fc.assert(
      fc.property(limits, nearBorder, spends, (of, start, all) => {
        const taken = new Map<string, bigint>();
        let windows: SpendWindows | null = begin(of, start);
        let at = start.getTime();
        for (const [{ advanceMs, amount: credits }, lateMs] of all) {
          at += advanceMs;
          const verdict = countSpend(windows, credits, new Date(at - lateMs), "key_spend_limit");
          if (!verdict.approved) continue;
          windows = verdict.value;
          for (const period of periods) {
            const since = windows?.[period].startsAt ?? start;
            const name = `${period} ${windowStart(period, since).toISOString()}`;
            taken.set(name, (taken.get(name) ?? 0n) + credits);
          }
        }
        const exceeded = [...taken].filter(([name, sum]) => {
          const max = of[periods.find((period) => name.startsWith(period)) ?? "minute"];
          return max !== null && sum > max;
        });
        expect(exceeded).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it("is kept when somebody whose clock was read before midnight comes after somebody of the new day", () => {
    const of = changeLimits(limitsOf(null), { day: micro(10n) });
    const [before, after] = ["2030-12-31T23:59:59.999Z", "2031-01-01T00:00:00.001Z"].map(
      (text) => new Date(text),
    ) as [Date, Date];
    let windows: SpendWindows | null = begin(of, before);
    for (const now of [after, before, after]) {
      const verdict = countSpend(windows, micro(4n), now, "key_spend_limit");
      if (verdict.approved) windows = verdict.value;
    }
    expect(windows?.day).toMatchObject({ spent: 8n });
    expect(windows?.day.startsAt.toISOString()).toBe("2031-01-01T00:00:00.000Z");
  });

  it("makes no room with a hold that was placed before counting began, or in another window", () => {
    const began = new Date("2030-06-15T12:00:30.000Z");
    const of: Limits = { minute: micro(10n), day: micro(10n), month: micro(10n) };
    const full = countSpend(begin(of, began), micro(10n), began, "wallet_spend_limit");
    if (!full.approved) throw new Error("the first spend fits");
    const back = (heldAt: string, at: string) =>
      countBack(full.value, micro(10n), new Date(heldAt), new Date(at));
    const earlier = back("2030-06-15T12:00:29.999Z", "2030-06-15T12:00:31Z");
    expect(periods.map((period) => earlier?.[period].spent)).toEqual([10n, 10n, 10n]);
    const nextMinute = back("2030-06-15T12:00:30Z", "2030-06-15T12:01:00Z");
    expect(periods.map((period) => nextMinute?.[period].spent)).toEqual([0n, 0n, 0n]);
    const nextDay = back("2030-06-15T12:00:30Z", "2030-06-16T12:01:00Z");
    expect(nextDay?.month.spent).toBe(0n);
  });

  it("counts every period of a row, so that a limit that comes later in the window knows", () => {
    fc.assert(
      fc.property(instant, amount, (at, credits) => {
        const windows = begin({ minute: micro(60n), day: null, month: null }, at);
        const verdict = countSpend(windows, credits, at, "wallet_spend_limit");
        if (!verdict.approved || verdict.value === null) throw new Error("it fits");
        const shown = allowancesOf(verdict.value, at);
        expect(periods.map((period) => shown[period].counted?.spent)).toEqual(
          periods.map(() => credits),
        );
        expect([shown.day.limit, shown.day.remaining]).toEqual([null, null]);
      }),
    );
  });
});

describe("what is shown", () => {
  it("is what may be spent: that much passes, and one micro-credit more does not", () => {
    fc.assert(
      fc.property(limits, instant, amount, (of, at, credits) => {
        const first = countSpend(begin(of, at), credits, at, "wallet_spend_limit");
        const windows = first.approved ? first.value : begin(of, at);
        const left = periods.flatMap((period) => allowancesOf(windows, at)[period].remaining ?? []);
        const least = left.reduce<bigint | null>((a, b) => (a === null || b < a ? b : a), null);
        if (least === null) return;
        const tryOut = (more: bigint) =>
          countSpend(windows, micro(least + more), at, "wallet_spend_limit").approved;
        expect([tryOut(0n), tryOut(1n)]).toEqual([true, false]);
      }),
    );
  });

  it("of a token's budget is what one call may take: that much passes, and one micro-credit more does not", () => {
    const most = fc.option(fc.bigInt({ min: 0n, max: 90n }).map(micro), { nil: null });
    fc.assert(
      fc.property(most, most, most, instant, amount, (perDay, callMax, totalMax, at, credits) => {
        const walletId = newId("wallet");
        const endsAt = new Date(at.getTime() + 1);
        const budget = { walletId, callMax, totalMax, totalSpent: zeroCredits, endsAt };
        const empty = { ...begin({ minute: null, day: perDay, month: null }, at), budget };
        const first = countSpend(empty, credits, at, "key_spend_limit");
        const windows = (first.approved ? first.value : null) ?? empty;
        const held = present(windows.budget, "a token keeps its budget");
        const shown = tokenBudgetOf({ ...windows, budget: held }, at);
        const lefts = [budgetLeft(held, at), shown.perDay.remaining].flatMap((left) => left ?? []);
        expect(shown.total.spent).toBe(first.approved ? credits : 0n);
        expect(budgetLeft(held, endsAt)).toBe(0n);
        const least = lefts.reduce<bigint | null>((a, b) => (a === null || b < a ? b : a), null);
        if (least === null) return;
        const tryOut = (more: bigint) =>
          countSpend(windows, micro(least + more), at, "key_spend_limit").approved;
        expect([tryOut(0n), tryOut(1n)]).toEqual([true, false]);
      }),
    );
  });

  it("is nothing less than 0 when a limit was lowered below what is spent", () => {
    const at = new Date("2030-06-15T12:00:30.000Z");
    const of = { minute: micro(5n), day: null, month: null };
    const windows = begin(of, at);
    const lowered = { ...windows, minute: { ...windows.minute, spent: micro(9n) } };
    expect(allowancesOf(lowered, at).minute).toMatchObject({ limit: 5n, remaining: 0n });
  });
});
