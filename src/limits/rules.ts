import { type Credits, zeroCredits } from "../kernel/credits.js";
import type { ApiKeyId, ProjectId, WalletId } from "../kernel/ids.js";
import type { Budget } from "../ledger/decide-budget.js";
import {
  openWindow,
  type Period,
  periods,
  type SpendWindow,
  type SpendWindows,
  spentNow,
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
  return { limit: max, counted, remaining: remainingOf(max, spent), resetsAt };
}

/** A limit may be lowered below what is spent already. */
function remainingOf(max: Credits | null, spent: Credits): Credits | null {
  if (max === null) return null;
  return max > spent ? ((max - spent) as Credits) : zeroCredits;
}

/** What an agent's token may take of its wallet: with one call, per day of the calendar in UTC, and ever. */
export interface TokenBudgetOrder {
  readonly projectId: ProjectId;
  readonly keyId: ApiKeyId;
  readonly walletId: WalletId;
  readonly perCall: Credits | null;
  readonly perDay: Credits | null;
  readonly total: Credits | null;
  readonly endsAt: Date;
}

/** The limits of an agent's token. */
export interface TokenWindows extends SpendWindows {
  readonly budget: Budget;
}

/** The budget of an agent's token, and what is left of it now. */
export interface TokenBudget {
  readonly perCall: Credits | null;
  readonly perDay: BudgetPart & { readonly resetsAt: Date };
  readonly total: BudgetPart;
  readonly endsAt: Date;
}

/** A limit of `null` is none; then so much remains as there is, and that is `null`, too. */
export interface BudgetPart {
  readonly limit: Credits | null;
  readonly spent: Credits;
  readonly remaining: Credits | null;
}

/** A token's budget as it stands at an instant of the database's clock. */
export function tokenBudgetOf({ day, budget }: TokenWindows, now: Date): TokenBudget {
  const { callMax: perCall, totalMax, totalSpent, endsAt } = budget;
  return {
    perCall,
    perDay: { ...partOf(day.max, spentNow("day", day, now)), resetsAt: windowEnd("day", now) },
    total: partOf(totalMax, totalSpent),
    endsAt,
  };
}

function partOf(limit: Credits | null, spent: Credits): BudgetPart {
  return { limit, spent, remaining: remainingOf(limit, spent) };
}
