import { type Credits, zeroCredits } from "../kernel/credits.js";
import {
  openWindow,
  type Period,
  periods,
  type SpendWindow,
  type SpendWindows,
  windowEnd,
} from "../ledger/decide-limits.js";

/** Credits that may be spent per period; `null` is as much as there is. */
export type Limits = Readonly<Record<Period, Credits | null>>;

/** Periods that are left out keep their limit. */
export type LimitsChange = Partial<Limits>;

export const noLimits: Limits = { minute: null, day: null, month: null };

/** One limit, and what is left of it now. */
export interface Allowance {
  readonly limit: Credits | null;
  /** `null` while there is no limit at all, and so nobody counts. */
  readonly counted: { readonly spent: Credits; readonly since: Date } | null;
  /** What may still be spent; `null` when the period is not limited. */
  readonly remaining: Credits | null;
  readonly resetsAt: Date;
}

export type Allowances = Readonly<Record<Period, Allowance>>;

export function limitsOf(windows: SpendWindows | null): Limits {
  if (windows === null) return noLimits;
  return { minute: windows.minute.max, day: windows.day.max, month: windows.month.max };
}

export function changeLimits(before: Limits, change: LimitsChange): Limits {
  const { minute = before.minute, day = before.day, month = before.month } = change;
  return { minute, day, month };
}

export function sameLimits(a: Limits, b: Limits): boolean {
  return periods.every((period) => a[period] === b[period]);
}

export function isUnlimited(limits: Limits): boolean {
  return sameLimits(limits, noLimits);
}

/** Every period as it stands at an instant of the database's clock. */
export function allowancesOf(windows: SpendWindows | null, now: Date): Allowances {
  const each = (period: Period): Allowance =>
    windows === null
      ? { limit: null, counted: null, remaining: null, resetsAt: windowEnd(period, now) }
      : allowanceOf(openWindow(period, windows[period], now), windowEnd(period, now));
  return { minute: each("minute"), day: each("day"), month: each("month") };
}

function allowanceOf({ max, spent, startsAt }: SpendWindow, resetsAt: Date): Allowance {
  const counted = { spent, since: startsAt };
  if (max === null) return { limit: null, counted, remaining: null, resetsAt };
  // A limit may be lowered below what is spent already.
  const remaining = max > spent ? ((max - spent) as Credits) : zeroCredits;
  return { limit: max, counted, remaining, resetsAt };
}
