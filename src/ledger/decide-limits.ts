import { type Credits, creditsToJson, formatCredits, zeroCredits } from "../kernel/credits.js";
import { approve, refuse, type Verdict } from "../kernel/verdict.js";

export const periods = ["minute", "day", "month"] as const;
export type Period = (typeof periods)[number];

/** One limit, and what was spent in the window that `startsAt` opened. */
export interface SpendWindow {
  /** `null`: not limited, and not counted. */
  readonly max: Credits | null;
  readonly spent: Credits;
  readonly startsAt: Date;
}

/**
 * How much may be spent, by a wallet or by an API key: per minute, day and month of the calendar in UTC, by the
 * database's clock. A hold counts in full when it is placed; what it gives back is counted off again, as long as
 * the window it was counted in lasts.
 */
export type SpendWindows = Readonly<Record<Period, SpendWindow>>;

export type LimitCode = "wallet_spend_limit" | "key_spend_limit";

/** When the window of an instant began. */
export function windowStart(period: Period, at: Date): Date {
  const start = new Date(at);
  if (period === "minute") start.setUTCSeconds(0, 0);
  else start.setUTCHours(0, 0, 0, 0);
  if (period === "month") start.setUTCDate(1);
  return start;
}

function windowEnd(period: Period, at: Date): Date {
  const end = windowStart(period, at);
  if (period === "minute") end.setUTCMinutes(end.getUTCMinutes() + 1);
  else if (period === "day") end.setUTCDate(end.getUTCDate() + 1);
  else end.setUTCMonth(end.getUTCMonth() + 1);
  return end;
}

/** What was spent in the window that is open now; nothing when it has only begun. */
export function spentNow(period: Period, window: SpendWindow, now: Date): Credits {
  return windowStart(period, now) > window.startsAt ? zeroCredits : window.spent;
}

/**
 * Counts `amount` in every window. Refuses with `code` and the seconds until the window ends when one has no room
 * for it; `null` stands for no limits at all.
 */
export function countSpend(
  windows: SpendWindows | null,
  amount: Credits,
  now: Date,
  code: LimitCode,
): Verdict<SpendWindows | null> {
  if (windows === null || amount === 0n) return approve(windows);
  for (const period of periods) {
    const { max } = windows[period];
    const spent = spentNow(period, windows[period], now);
    if (max !== null && spent + amount > max)
      return refuseLimit(code, { period, max, spent, amount, now });
  }
  return approve(changeWindows(windows, amount, now));
}

/** Counts off what a hold of `countedAt` gave back, where that window is still open. */
export function countBack(
  windows: SpendWindows | null,
  amount: Credits,
  countedAt: Date,
  now: Date,
): SpendWindows | null {
  if (windows === null || amount === 0n) return windows;
  const each = (period: Period): SpendWindow => {
    const window = windows[period];
    const spent = spentNow(period, window, now);
    const startsAt = windowStart(period, now);
    const sameWindow = windowStart(period, countedAt).getTime() === startsAt.getTime();
    const left = sameWindow && spent > amount ? ((spent - amount) as Credits) : zeroCredits;
    return { ...window, startsAt, spent: sameWindow ? left : spent };
  };
  return { minute: each("minute"), day: each("day"), month: each("month") };
}

function changeWindows(windows: SpendWindows, amount: Credits, now: Date): SpendWindows {
  const each = (period: Period): SpendWindow => ({
    max: windows[period].max,
    spent: (spentNow(period, windows[period], now) + amount) as Credits,
    startsAt: windowStart(period, now),
  });
  return { minute: each("minute"), day: each("day"), month: each("month") };
}

interface Excess {
  readonly period: Period;
  readonly max: Credits;
  readonly spent: Credits;
  readonly amount: Credits;
  readonly now: Date;
}

function refuseLimit(code: LimitCode, { period, max, spent, amount, now }: Excess): Verdict<never> {
  const whose = code === "wallet_spend_limit" ? "wallet" : "API key";
  const endsAt = windowEnd(period, now);
  return refuse(code, {
    detail: `This ${whose} may spend ${formatCredits(max)} credits per ${period} (UTC) and has spent ${formatCredits(spent)}. Wait for the next ${period}, or raise the limit.`,
    retryAfterSeconds: Math.max(1, Math.ceil((endsAt.getTime() - now.getTime()) / 1_000)),
    extra: {
      period,
      limit: creditsToJson(max),
      spent: creditsToJson(spent),
      required: creditsToJson(amount),
      resetsAt: endsAt.toISOString(),
    },
  });
}
