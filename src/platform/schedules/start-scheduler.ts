import { assert, present } from "../../kernel/assert.js";
import type { Database } from "../db/connect.js";
import type { Progress } from "../jobs/start-workers.js";
import { limitedFailureLog, type Log, reasonOf } from "../queue/log.js";
import { repeat } from "../queue/repeat.js";
import { within } from "../queue/within.js";
import type { Schedule } from "./define-schedule.js";
import { RunGivenBack, type RunResult, runSchedule } from "./run-schedule.js";
import { dueSchedules, registerSchedules } from "./store.js";

export interface SchedulerOptions<Ctx> {
  readonly db: Database;
  readonly schedules: readonly Schedule<Ctx>[];
  readonly ctx: Ctx;
  readonly log: Log;
  /** How often to ask what is due; a second unless told. */
  readonly tickMs?: number;
  /** For metrics. What it throws is not caught, so it must not throw. */
  readonly onRun?: (run: { schedule: string; result: RunResult; durationMs: number }) => void;
}

export interface RunningScheduler {
  /** Healthy while the database is asked what is due, and answers. */
  progress(): Progress;
  /** Runs one now, due or not; `busy` when it runs already, here or elsewhere. */
  runNow(name: string): Promise<RunResult>;
  /** Starts nothing new and waits; after `timeoutMs` the signals fire and what is left goes back, due at once. */
  stop(options: { readonly timeoutMs: number }): Promise<void>;
}

const unhealthyMs = 15_000;
const giveBackTimeoutMs = 3_000;

/**
 * Owns time: runs what is due. Any number of schedulers may run against one database, because the row in
 * Postgres decides who runs what; the queue has no part in it. Waits for a database that is down.
 */
export function startScheduler<Ctx>(options: SchedulerOptions<Ctx>): RunningScheduler {
  const { db, schedules, log, tickMs = 1_000 } = options;
  const byName = new Map(schedules.map((schedule) => [schedule.name, schedule]));
  assert(byName.size === schedules.length, "a schedule is declared once");
  const failed = limitedFailureLog(log);
  const runs = trackRuns(options);
  let registered = false;
  let lastTickMs = Date.now();
  let trouble: string | null = null;

  const tick = async (): Promise<void> => {
    try {
      if (!registered) await registerSchedules(db, schedules);
      registered = true;
      const idle = [...byName.keys()].filter((name) => !runs.has(name));
      for (const name of await dueSchedules(db, idle)) {
        const schedule = present(byName.get(name), "only declared schedules are asked for");
        runs
          .begin(schedule, false)
          .catch((error: unknown) => failed(error, "a run could not be recorded"));
      }
      lastTickMs = Date.now();
      trouble = null;
    } catch (error) {
      trouble = reasonOf(error);
      failed(error, "the schedules could not be read");
    }
  };

  const ticks = repeat(tick, tickMs);
  return {
    progress: () => progressOf(lastTickMs, trouble),
    runNow: async (name) => {
      const schedule = present(byName.get(name), `a schedule named ${name} is declared`);
      if (runs.has(name)) return "busy";
      if (!registered) await registerSchedules(db, schedules);
      return runs.begin(schedule, true);
    },
    stop: async ({ timeoutMs }) => {
      await ticks.stop();
      await runs.drain(timeoutMs);
    },
  };
}

interface Runs<Ctx> {
  has(name: string): boolean;
  begin(schedule: Schedule<Ctx>, early: boolean): Promise<RunResult>;
  /** Waits for the runs at work; after `timeoutMs` it gives back those that are left. */
  drain(timeoutMs: number): Promise<void>;
}

/** The runs of this process: one per schedule at most. */
function trackRuns<Ctx>({ db, ctx, log, onRun }: SchedulerOptions<Ctx>): Runs<Ctx> {
  const atWork = new Map<string, { run: Promise<RunResult>; controller: AbortController }>();
  return {
    has: (name) => atWork.has(name),
    begin: (schedule, early) => {
      const { name } = schedule;
      const startMs = performance.now();
      const controller = new AbortController();
      const run = runSchedule(schedule, { db, ctx, log, controller, early })
        .then((result) => {
          const durationMs = performance.now() - startMs;
          if (result !== "busy") onRun?.({ schedule: name, result, durationMs });
          return result;
        })
        .finally(() => atWork.delete(name));
      atWork.set(name, { run, controller });
      return run;
    },
    drain: async (timeoutMs) => {
      const all = Promise.allSettled([...atWork.values()].map(({ run }) => run));
      await within(all, timeoutMs, "the last runs").catch(() => undefined);
      for (const { controller } of atWork.values()) {
        controller.abort(new RunGivenBack("the process stops"));
      }
      await within(all, giveBackTimeoutMs, "giving runs back").catch(() => undefined);
    },
  };
}

function progressOf(lastTickMs: number, trouble: string | null): Progress {
  const silentMs = Date.now() - lastTickMs;
  const healthy = silentMs < unhealthyMs;
  const silent = `asked for no schedule for ${Math.round(silentMs / 1_000)} s`;
  return {
    healthy,
    lastProgressAt: new Date(lastTickMs),
    why: healthy ? null : (trouble ?? silent),
  };
}
