import { approve, refuse, type Verdict } from "../kernel/verdict.js";

/** A calendar month in UTC. */
export interface Month {
  /** `2026-11`. */
  readonly name: string;
  readonly from: Date;
  /** The first moment of the next month. */
  readonly to: Date;
}

const monthName = /^(20\d{2})-(0[1-9]|1[0-2])$/;

/** The month by that name. Refuses with `invalid_request` what is no month, or has not begun. */
export function monthOf(name: string, nowMs: number): Verdict<Month> {
  const [, year, month] = monthName.exec(name) ?? [];
  if (year === undefined || month === undefined)
    return refuse("invalid_request", { param: "month", detail: "Write a month as 2026-11." });
  const from = new Date(Date.UTC(Number(year), Number(month) - 1));
  if (from.getTime() > nowMs)
    return refuse("invalid_request", { param: "month", detail: "This month has not begun." });
  return approve({ name, from, to: new Date(Date.UTC(Number(year), Number(month))) });
}

/** What was stamped with a time of the month is committed by then: no transaction lives that long. */
const settledAfterMs = 10 * 60_000;

/** Whether the report of the month can still change. */
export function isClosed({ to }: Month, nowMs: number): boolean {
  return nowMs >= to.getTime() + settledAfterMs;
}

/** The last month of which nothing can change any more. */
export function lastClosedMonth(nowMs: number): Month {
  const at = new Date(nowMs - settledAfterMs);
  const from = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() - 1));
  const to = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth()));
  return { name: from.toISOString().slice(0, 7), from, to };
}
