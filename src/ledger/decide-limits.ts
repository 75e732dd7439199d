import { type Credits, creditsToJson, formatCredits, zeroCredits } from "../kernel/credits.js";
import { approve, refuse, type Verdict } from "../kernel/verdict.js";
import { type Budget, countTotal, countTotalBack } from "./decide-budget.js";

export const periods = ["minute", "day", "month"] as const;
export type Period = (typeof periods)[number];

/** One limit, and what was spent in the window in which `startsAt` lies. */
export interface SpendWindow {
  /** `null`: not limited. What is spent counts all the same, for a limit that comes later in the window. */
  readonly max: Credits | null;
  readonly spent: Credits;
  /** When counting began: with the window, or within it when the first limit was set. */
  readonly startsAt: Date;
}

/**
 * How much may be spent, by a wallet or by an API key: per minute, day and month of the calendar in UTC, by the
 * database's clock. A hold counts in full when it is placed; what it gives back is counted off again, as long as
 * the window it was counted in lasts. All periods count from the first limit on, whichever are limited.
 */
export interface SpendWindows extends Readonly<Record<Period, SpendWindow>> {
  /** Of an agent's token; `null` for all other keys, and for wallets. */
  readonly budget: Budget | null;
}

export type LimitCode = "wallet_spend_limit" | "key_spend_limit";

/** When the window of an instant began. */
export function windowStart(period: Period, at: Date): Date {
  const start = new Date(at);
  if (period === "minute") start.setUTCSeconds(0, 0);
  else start.setUTCHours(0, 0, 0, 0);
  if (period === "month") start.setUTCDate(1);
  return start;
}

/** When the window of an instant ends, and the next one begins. */
export function windowEnd(period: Period, at: Date): Date {
  const end = windowStart(period, at);
  if (period === "minute") end.setUTCMinutes(end.getUTCMinutes() + 1);
  else if (period === "day") end.setUTCDate(end.getUTCDate() + 1);
  else end.setUTCMonth(end.getUTCMonth() + 1);
  return end;
}

/**
 * The window as it is now: empty when it has only begun. It never goes back: whoever read the clock before midnight
 * and got the lock after somebody of the new day counts in the new day, or what that one counted would be forgotten.
 */
export function openWindow(period: Period, window: SpendWindow, now: Date): SpendWindow {
  const startsAt = windowStart(period, now);
  return startsAt > window.startsAt ? { ...window, spent: zeroCredits, startsAt } : window;
}

/** What was spent in the window that is open now; nothing when it has only begun. */
export function spentNow(period: Period, window: SpendWindow, now: Date): Credits {
  return openWindow(period, window, now).spent;
}

/**
 * Counts `amount` in every window, and in a token's budget. Refuses with `code` and the seconds until the window ends
 * when one has no room for it, with `agent_budget` when the budget has none; `null` stands for no limits at all.
 *
 * @param call what the whole call takes, when a hold has paid for a part of it
 */
export function countSpend(
  windows: SpendWindows | null,
  amount: Credits,
  now: Date,
  code: LimitCode,
  call: Credits = amount,
): Verdict<SpendWindows | null> {
  if (windows === null || amount === 0n) return approve(windows);
  const budget = countTotal(windows.budget, amount, call);
  if (!budget.approved) return budget;
  for (const period of periods) {
    const { max } = windows[period];
    const spent = spentNow(period, windows[period], now);
    if (max !== null && spent + amount > max)
      return refuseLimit(whoseLimit(code, windows), { period, max, spent, amount, now });
  }
  const counted = changeWindows(windows, now, ({ spent }) => (spent + amount) as Credits);
  return approve({ ...counted, budget: budget.value });
}

/**
 * Counts off what a hold of `countedAt` gave back, where the window that counted it is still open, and in a token's
 * budget. A hold from before the first limit was never counted.
 */
export function countBack(
  windows: SpendWindows | null,
  amount: Credits,
  countedAt: Date,
  now: Date,
): SpendWindows | null {
  if (windows === null || amount === 0n) return windows;
  const counted = changeWindows(windows, now, ({ spent, startsAt }) => {
    if (countedAt < startsAt) return spent;
    return spent > amount ? ((spent - amount) as Credits) : zeroCredits;
  });
  return { ...counted, budget: countTotalBack(windows.budget, amount) };
}

function changeWindows(
  windows: SpendWindows,
  now: Date,
  spentAfter: (open: SpendWindow) => Credits,
): Pick<SpendWindows, Period> {
  const each = (period: Period): SpendWindow => {
    const open = openWindow(period, windows[period], now);
    return { ...open, spent: spentAfter(open) };
  };
  return { minute: each("minute"), day: each("day"), month: each("month") };
}

interface Excess {
  readonly period: Period;
  readonly max: Credits;
  readonly spent: Credits;
  readonly amount: Credits;
  readonly now: Date;
}

interface Limited {
  readonly code: LimitCode;
  readonly name: string;
  /** What helps beside waiting. */
  readonly else: string;
}

function whoseLimit(code: LimitCode, { budget }: SpendWindows): Limited {
  if (budget !== null)
    return { code, name: "agent token", else: "or ask whoever made it for another one" };
  const name = code === "wallet_spend_limit" ? "wallet" : "API key";
  return { code, name, else: "or raise the limit" };
}

function refuseLimit(
  { code, ...whose }: Limited,
  { period, max, spent, amount, now }: Excess,
): Verdict<never> {
  const endsAt = windowEnd(period, now);
  return refuse(code, {
    detail: `This ${whose.name} may spend ${formatCredits(max)} credits per ${period} (UTC) and has spent ${formatCredits(spent)}. Wait for the next ${period}, ${whose.else}.`,
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
