import { assert } from "../../kernel/assert.js";
import { type Clock, systemClock } from "../../kernel/clock.js";
import type { QueueEngine } from "../queue/engine.js";
import type { Log } from "../queue/log.js";
import type { Job } from "./define-job.js";
import { type KeptWorker, keepWorker, timingDefaults, type WorkerTiming } from "./keep-worker.js";
import { createProcessor, type JobOutcome, trackAttempts } from "./run-job.js";

export interface WorkersOptions<Ctx> {
  readonly engine: QueueEngine;
  readonly jobs: readonly Job<Ctx>[];
  readonly ctx: Ctx;
  /** Jobs at once per queue, 1 to 200; one number for all queues, or one per queue with `default` for the rest. */
  readonly concurrency: number | Readonly<Record<string, number>>;
  readonly log: Log;
  readonly clock?: Clock;
  /** For metrics. What it throws is not caught, so it must not throw. */
  readonly onOutcome?: (outcome: JobOutcome) => void;
  readonly timing?: Partial<WorkerTiming>;
}

/** Whether work moves, not merely whether the process lives. */
export interface Progress {
  readonly healthy: boolean;
  /** Of the part that waits longest for progress. */
  readonly lastProgressAt: Date;
  /** What is wrong; null when healthy. */
  readonly why: string | null;
}

export interface RunningWorkers {
  readonly queues: readonly string[];
  progress(): Progress;
  /**
   * Takes no new jobs and waits for those that run. After `timeoutMs` their signals fire and they go back to the
   * queue without losing an attempt. Takes about three seconds more at most.
   */
  stop(options: { readonly timeoutMs: number }): Promise<void>;
}

const concurrencyDefault = 10;

/**
 * Starts one worker per queue that the jobs name. Returns at once, also when the queue is down: the workers then
 * start when it answers.
 */
export async function startWorkers<Ctx>(options: WorkersOptions<Ctx>): Promise<RunningWorkers> {
  const clock = options.clock ?? systemClock;
  const workers = [...byQueue(options.jobs)].map(([queue, jobs]) =>
    startQueue(options, queue, jobs, clock),
  );
  return {
    queues: workers.map((worker) => worker.queue),
    progress: () => progressOf(workers, clock),
    stop: async ({ timeoutMs }) => {
      await Promise.all(workers.map((worker) => worker.stop(timeoutMs)));
    },
  };
}

function startQueue<Ctx>(
  options: WorkersOptions<Ctx>,
  queue: string,
  jobs: ReadonlyMap<string, Job<Ctx>>,
  clock: Clock,
): KeptWorker {
  const { engine, ctx, log, onOutcome } = options;
  const running = trackAttempts();
  const processor = createProcessor({ ctx, jobs, queue, log, running, onOutcome });
  const concurrency = concurrencyOf(options.concurrency, queue);
  const timing = { ...timingDefaults, ...options.timing };
  return keepWorker({ engine, queue, processor, running, concurrency, clock, timing });
}

function byQueue<Ctx>(jobs: readonly Job<Ctx>[]): Map<string, Map<string, Job<Ctx>>> {
  const queues = new Map<string, Map<string, Job<Ctx>>>();
  const names = new Set<string>();
  for (const job of jobs) {
    assert(!names.has(job.name), `a job is declared once: ${job.name}`);
    names.add(job.name);
    const queue = queues.get(job.queue) ?? new Map<string, Job<Ctx>>();
    queues.set(job.queue, queue.set(job.name, job));
  }
  return queues;
}

function concurrencyOf(given: WorkersOptions<never>["concurrency"], queue: string): number {
  const chosen =
    typeof given === "number" ? given : (given[queue] ?? given["default"] ?? concurrencyDefault);
  const holds = Number.isInteger(chosen) && chosen >= 1 && chosen <= 200;
  assert(holds, `the concurrency of ${queue} is a whole number from 1 to 200, not ${chosen}`);
  return chosen;
}

function progressOf(workers: readonly KeptWorker[], clock: Clock): Progress {
  const states = workers.map((worker) => ({ queue: worker.queue, ...worker.progress() }));
  const stuck = states.filter(({ why }) => why !== null);
  const lastMs = Math.min(clock.nowMs(), ...states.map(({ lastProgressAtMs }) => lastProgressAtMs));
  return {
    healthy: stuck.length === 0,
    lastProgressAt: new Date(lastMs),
    why: stuck.length === 0 ? null : stuck.map(({ queue, why }) => `${queue}: ${why}`).join("; "),
  };
}
