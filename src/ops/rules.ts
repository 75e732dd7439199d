/** One fact about the process, for machines and people. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** `degraded`: something is wrong that does not keep this process from its work. */
export interface HealthReport {
  readonly status: "ok" | "degraded" | "failing";
  readonly checks: readonly Check[];
}

/** A check, and whether the process is of no use while it fails. */
export interface WeighedCheck extends Check {
  readonly vital: boolean;
}

/** A part of the process as it reports itself. */
export interface PartState {
  readonly name: string;
  readonly healthy: boolean;
  readonly why: string | null;
  readonly lastProgressAtMs: number;
}

/** Answers take a second longer than they should: whoever waits has given up, and a restart helps. */
export const loopLagMaxMs = 1_000;
/** A schedule so long overdue was missed by every scheduler, not merely late. */
export const overdueSeconds = 60;

export function reportOf(checks: readonly WeighedCheck[]): HealthReport {
  const failed = checks.filter(({ ok }) => !ok);
  const failing = failed.some(({ vital }) => vital);
  return {
    status: failing ? "failing" : failed.length > 0 ? "degraded" : "ok",
    checks: checks.map(({ name, ok, detail }) => ({ name, ok, detail })),
  };
}

/**
 * Judges the event loop by the middle one of the last delays: one long pause is a large answer or the garbage
 * collector, a row of them is a process that no longer serves.
 */
export function checkLoop(lagsMs: readonly number[]): WeighedCheck {
  const sorted = lagsMs.toSorted((a, b) => a - b);
  const middleMs = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const worstMs = sorted.at(-1) ?? 0;
  return {
    name: "eventLoop",
    ok: middleMs <= loopLagMaxMs,
    detail: `late by ${Math.round(middleMs)} ms lately, ${Math.round(worstMs)} ms at worst`,
    vital: true,
  };
}

export function checkPart(part: PartState, nowMs: number): WeighedCheck {
  const silentSeconds = Math.max(0, Math.round((nowMs - part.lastProgressAtMs) / 1_000));
  const moved = `last progress ${silentSeconds} s ago`;
  return {
    name: part.name,
    ok: part.healthy,
    detail: part.healthy ? moved : `${part.why ?? "no progress"}; ${moved}`,
    vital: true,
  };
}

/** A schedule that nobody ran although it is due: no scheduler is alive, or all of them are stuck. */
export function isOverdue(
  schedule: { readonly nextDueAt: Date; readonly claimedUntil: Date | null },
  nowMs: number,
): boolean {
  const isClaimed = schedule.claimedUntil !== null && schedule.claimedUntil.getTime() > nowMs;
  return !isClaimed && nowMs - schedule.nextDueAt.getTime() > overdueSeconds * 1_000;
}
