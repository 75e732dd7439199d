import type { Run, StripeRing } from "./rules.js";

/** Stripe lists events of the last 30 days; an hour is left for the way there. */
export const eventReachSeconds = 30 * 86_400 - 3_600;
/** Every run looks back over the end of the one before: what was created at that moment may have been listed late. */
export const overlapSeconds = 15 * 60;
/** Payments younger than this are still on their way through the inbox, and are no difference yet. */
export const quietSeconds = 60;

export interface Window {
  readonly from: Date;
  readonly to: Date;
  /** Set when Stripe no longer lists all events of the time that was asked for: objects are compared from there on. */
  readonly bridgedFrom: Date | null;
}

export interface WindowQuestion {
  readonly ring: StripeRing;
  readonly now: Date;
  readonly since: Date | null;
  /** Where the last finished run of this ring ended. */
  readonly lastTo: Date | null;
  /** When the oldest purchase of the account was made. */
  readonly oldest: Date | null;
  /** How far the full ring looks back. */
  readonly windowDays: number;
}

/**
 * The time that a run compares. Without `since` a run goes on where the last one of its ring ended, a little before
 * it; the first one begins with the oldest purchase, and the full ring always looks `windowDays` back.
 */
export function decideWindow(question: WindowQuestion): Window {
  const { ring, now } = question;
  const to = ring === "events" ? now : secondsBefore(now, quietSeconds);
  const from = earlier(question.since ?? beginOf(question, to), to);
  const reach = secondsBefore(now, eventReachSeconds);
  return ring === "events" && from < reach
    ? { from: reach, to, bridgedFrom: from }
    : { from, to, bridgedFrom: null };
}

/**
 * The time that the ledger's own rules are asked about. A window without length means all of the books. What was posted at
 * the end of the last look may have been committed after it, so it is looked at again.
 */
export function ledgerWindow(now: Date, since: Date | null): Window {
  const from = since === null ? now : earlier(secondsBefore(since, quietSeconds), now);
  return { from, to: now, bridgedFrom: null };
}

/**
 * The part of a run's window in which objects are compared. A run that has to bridge a gap in Stripe's list of events
 * goes back further than that list, and leaves out what is still on its way through the inbox.
 */
export function objectWindow<T extends Cut>(run: T): T {
  if (run.bridgedFrom === null) return run;
  const windowTo = secondsBefore(run.windowTo, quietSeconds);
  return { ...run, windowFrom: earlier(run.bridgedFrom, windowTo), windowTo };
}

type Cut = Pick<Run, "windowFrom" | "windowTo" | "bridgedFrom">;

function beginOf({ ring, lastTo, oldest, windowDays }: WindowQuestion, to: Date): Date {
  if (ring === "full") return secondsBefore(to, windowDays * 86_400);
  return secondsBefore(lastTo ?? oldest ?? to, overlapSeconds);
}

export function secondsBefore(date: Date, seconds: number): Date {
  return new Date(date.getTime() - seconds * 1_000);
}

function earlier(a: Date, b: Date): Date {
  return a < b ? a : b;
}
