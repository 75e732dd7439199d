import { assert } from "../../kernel/assert.js";
import type { Log } from "../queue/log.js";

export interface ScheduleTools {
  /** Aborted when the time of this run is over or the process stops. */
  readonly signal: AbortSignal;
  readonly log: Log;
}

/** Something that recurs. It must be safe to run twice, and to be cut off anywhere. */
export interface Schedule<Ctx> {
  /** `noun.verb`, such as `holds.expire`. */
  readonly name: string;
  /** From the end of one run to the start of the next: 1 s to a week. */
  readonly everySeconds: number;
  /** 100 ms to an hour for one run; 60 s unless told. A claim whose holder died is free after it. */
  readonly timeoutMs: number;
  readonly run: (ctx: Ctx, tools: ScheduleTools) => Promise<void>;
}

export type ScheduleDeclaration<Ctx> = Omit<Schedule<Ctx>, "timeoutMs"> & {
  readonly timeoutMs?: number;
};

const scheduleName = /^[a-z][a-z0-9-]{0,40}\.[a-z][a-z0-9-]{0,40}$/;
const timeoutDefaultMs = 60_000;
const timeoutMaxMs = 3_600_000;
const weekSeconds = 604_800;

/** Declares what recurs. Bounds are checked here, so a wrong one stops the process at its start. */
export function defineSchedule<Ctx>(declaration: ScheduleDeclaration<Ctx>): Schedule<Ctx> {
  const schedule = { timeoutMs: timeoutDefaultMs, ...declaration };
  const { name, everySeconds, timeoutMs } = schedule;
  assert(scheduleName.test(name), `a schedule is named noun.verb, not "${name}"`);
  assertWithin(everySeconds, 1, weekSeconds, `schedule ${name}: everySeconds`);
  assertWithin(timeoutMs, 100, timeoutMaxMs, `schedule ${name}: timeoutMs`);
  return schedule;
}

function assertWithin(value: number, min: number, max: number, what: string): void {
  const holds = Number.isInteger(value) && value >= min && value <= max;
  assert(holds, `${what} is a whole number from ${min} to ${max}, not ${value}`);
}
