import type { Processor, Worker } from "bullmq";
import type { Clock } from "../../kernel/clock.js";
import type { EngineWorkerOptions, QueueEngine } from "../queue/engine.js";
import { reasonOf } from "../queue/log.js";
import { repeat } from "../queue/repeat.js";
import { within } from "../queue/within.js";
import { AttemptGivenBack } from "./judge-attempt.js";
import { type RunningAttempts, retryDelayMsOf } from "./run-job.js";

export interface KeepWorkerOptions {
  readonly engine: QueueEngine;
  readonly queue: string;
  readonly processor: Processor;
  readonly running: RunningAttempts;
  readonly concurrency: number;
  readonly clock: Clock;
  readonly timing: WorkerTiming;
}

export interface WorkerTiming {
  /** An idle worker asks its queue at least this often, so that silence means something: whole seconds. */
  readonly askEverySeconds: number;
  /** How often a worker is looked at. */
  readonly checkMs: number;
  /** A worker with free places that did not ask its queue for so long is replaced, once the queue answers. */
  readonly silentMs: number;
  /** A worker that is silent for so long is reported as unhealthy. */
  readonly unhealthyMs: number;
  /** A job whose worker died is taken away from it after this time and up to two more stalledIntervalMs. */
  readonly lockDurationMs: number;
  /** How often abandoned jobs are looked for. */
  readonly stalledIntervalMs: number;
}

/** A killed worker's job comes back within 5 to 9 s, and a silent worker is noticed after three missed questions. */
export const timingDefaults: WorkerTiming = {
  askEverySeconds: 5,
  checkMs: 1_000,
  silentMs: 15_000,
  unhealthyMs: 30_000,
  lockDurationMs: 5_000,
  stalledIntervalMs: 2_000,
};

export interface KeptWorker {
  readonly queue: string;
  progress(): { readonly lastProgressAtMs: number; readonly why: string | null };
  stop(timeoutMs: number): Promise<void>;
}

const retryAfterOutageMs = 1_000;
const closeTimeoutMs = 3_000;

/** A job may be abandoned often: by default BullMQ would fail it for good at the second kill of its worker. */
const workerOptions = {
  autorun: false,
  maxStalledCount: 25,
  runRetryDelay: retryAfterOutageMs,
  settings: { backoffStrategy: retryDelayMsOf },
} satisfies EngineWorkerOptions;

/**
 * Keeps one queue worked. A worker is started only after the queue answered, and is replaced when it stops asking
 * for jobs although the queue answers: BullMQ's `isRunning()` stays true for a worker that is dead.
 */
export function keepWorker(options: KeepWorkerOptions): KeptWorker {
  const { engine, queue, running, concurrency, clock, timing } = options;
  let worker: Worker | undefined;
  let lastProgressAtMs = clock.nowMs();
  let pingsInARow = 0;
  let why: string | null = "not started yet";
  let stopping = false;
  const beat = (): void => {
    lastProgressAtMs = clock.nowMs();
  };

  const check = async (): Promise<void> => {
    const silentMs = clock.nowMs() - lastProgressAtMs;
    const busy = running.size >= concurrency;
    if (worker !== undefined && (busy || silentMs < timing.silentMs)) {
      pingsInARow = 0;
      why = null;
      return;
    }
    const unreachable = await engine.ping().then(() => undefined, reasonOf);
    pingsInARow = unreachable === undefined ? pingsInARow + 1 : 0;
    if (unreachable !== undefined) why = `the queue cannot be reached: ${unreachable}`;
    // A worker gets one more check to notice by itself that the queue is back.
    else if (!stopping && (worker === undefined || pingsInARow >= 2)) replace();
  };

  const replace = (): void => {
    if (worker !== undefined) {
      engine.reportFailure(
        new Error(`silent for ${timing.silentMs} ms`),
        `worker of ${queue} replaced`,
      );
      running.abort(new AttemptGivenBack("its worker was replaced"));
      void closeWorker(worker, true, engine);
    }
    worker = startWorker(options, beat);
    pingsInARow = 0;
    beat();
    why = null;
  };

  const checks = repeat(check, timing.checkMs);
  return {
    queue,
    progress: () => {
      const silentMs = clock.nowMs() - lastProgressAtMs;
      if (worker === undefined) return { lastProgressAtMs, why };
      if (silentMs < timing.unhealthyMs || running.size >= concurrency) {
        return { lastProgressAtMs, why: null };
      }
      const silent = `asked for no job for ${Math.round(silentMs / 1_000)} s`;
      return { lastProgressAtMs, why: why ?? silent };
    },
    stop: async (timeoutMs) => {
      stopping = true;
      await checks.stop();
      if (worker !== undefined) await drain(worker, running, timeoutMs, engine);
    },
  };
}

function startWorker(options: KeepWorkerOptions, beat: () => void): Worker {
  const { engine, queue, processor, concurrency, timing } = options;
  const beating: Processor = async (job, token) => {
    beat();
    await processor(job, token);
    beat();
  };
  const worker = engine.createWorker(queue, beating, {
    ...workerOptions,
    drainDelay: timing.askEverySeconds,
    concurrency,
    lockDuration: timing.lockDurationMs,
    stalledInterval: timing.stalledIntervalMs,
  });
  const backend = worker.getBackend();
  const moveToActive = backend.moveToActive.bind(backend);
  backend.moveToActive = async (token, name) => {
    const taken: unknown[] = await moveToActive(token, name);
    beat();
    return taken;
  };
  // On Postgres a worker with delayed jobs would otherwise be allowed an hour of silence.
  Object.defineProperty(backend, "maximumBlockTimeout", { value: timing.askEverySeconds });
  worker.run().catch((error: unknown) => engine.reportFailure(error, `worker of ${queue} ended`));
  return worker;
}

/** Takes no new jobs, waits for the running ones, and after `timeoutMs` gives those back that are left. */
async function drain(
  worker: Worker,
  running: RunningAttempts,
  timeoutMs: number,
  engine: QueueEngine,
): Promise<void> {
  const closed = worker.close();
  const drained = await within(closed, timeoutMs, "draining").then(
    () => true,
    () => false,
  );
  if (drained) return;
  running.abort(new AttemptGivenBack("the process stops"));
  await closeWorker(worker, false, engine);
}

async function closeWorker(worker: Worker, force: boolean, engine: QueueEngine): Promise<void> {
  try {
    await within(worker.close(force), closeTimeoutMs, "closing");
  } catch (error) {
    engine.reportFailure(error, `worker of ${worker.name} did not close`);
    worker.disconnect().catch(() => undefined);
  }
}
