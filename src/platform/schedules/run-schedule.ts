import { randomUUID } from "node:crypto";
import type { Database } from "../db/connect.js";
import { type Log, reasonOf } from "../queue/log.js";
import type { Schedule } from "./define-schedule.js";
import { claimSchedule, finishSchedule, releaseSchedule } from "./store.js";

/** The process stops; the run goes back and is due for another scheduler. */
export class RunGivenBack extends Error {
  override readonly name = "RunGivenBack";
}

/** `busy`: another one runs it, or it is not due. */
export type RunResult = "ran" | "failed" | "busy" | "given_back";

export interface RunOptions<Ctx> {
  readonly db: Database;
  readonly ctx: Ctx;
  readonly log: Log;
  /** Of this run alone. Abort it to end the run early. */
  readonly controller: AbortController;
  readonly early: boolean;
}

/** Claims the schedule, runs it within its time, and writes down how it went. Throws only what the database throws. */
export async function runSchedule<Ctx>(
  schedule: Schedule<Ctx>,
  { db, ctx, log, controller, early }: RunOptions<Ctx>,
): Promise<RunResult> {
  const { name, timeoutMs } = schedule;
  const claimId = randomUUID();
  if (!(await claimSchedule(db, { name, claimId, timeoutMs, early }))) return "busy";
  const lines = log.child({ schedule: name });
  const error = await runToItsEnd(schedule, ctx, lines, controller);
  if (error instanceof RunGivenBack) {
    await releaseSchedule(db, name, claimId);
    return "given_back";
  }
  await finishSchedule(db, name, claimId, error === undefined ? null : reasonOf(error));
  if (error === undefined) return "ran";
  lines.error({ error }, "a scheduled run failed");
  return "failed";
}

/** What the run threw, or why it was given up; `undefined` when it went well. */
async function runToItsEnd<Ctx>(
  schedule: Schedule<Ctx>,
  ctx: Ctx,
  log: Log,
  controller: AbortController,
): Promise<unknown> {
  const { signal } = controller;
  const timedOut = new Error(`${schedule.name} took more than ${schedule.timeoutMs} ms`);
  const timer = setTimeout(() => controller.abort(timedOut), schedule.timeoutMs);
  const givenUp = new Promise<unknown>((give) => {
    if (signal.aborted) give(signal.reason);
    signal.addEventListener("abort", () => give(signal.reason), { once: true });
  });
  const ended = schedule.run(ctx, { signal, log }).then(
    () => undefined,
    (error: unknown) => error ?? new Error(`${schedule.name} threw nothing`),
  );
  try {
    return await Promise.race([ended, givenUp]);
  } finally {
    clearTimeout(timer);
  }
}
