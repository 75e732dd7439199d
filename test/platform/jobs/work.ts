import { z } from "zod";
import type { Job } from "../../../src/platform/jobs/define-job.js";
import { defineJob, type JobDeclaration } from "../../../src/platform/jobs/define-job.js";
import { done } from "../../../src/platform/jobs/outcome.js";
import type { JobOutcome } from "../../../src/platform/jobs/run-job.js";
import {
  type RunningWorkers,
  startWorkers,
  type WorkersOptions,
} from "../../../src/platform/jobs/start-workers.js";
import type { QueueEngine } from "../../../src/platform/queue/engine.js";
import { until } from "../../support/until.js";
import { silentLog } from "../queue/silent-log.js";

/** What handlers of the tests write down. */
export interface Notes {
  readonly seen: string[];
}

export const payload = z.object({ id: z.string().min(1) });
export type NoteJob = Job<Notes, typeof payload>;

let queues = 0;

/** A job on a queue of its own, so that tests of one file do not meet. */
export function noteJob(given: Partial<JobDeclaration<Notes, typeof payload>> = {}): NoteJob {
  queues += 1;
  return defineJob({
    name: "note.write",
    queue: `notes-${process.pid}-${queues}`,
    payload,
    backoff: { firstMs: 10, maxMs: 50 },
    run: async ({ seen }, { id }) => {
      seen.push(id);
      return done;
    },
    ...given,
  });
}

export interface Workshop extends Notes {
  readonly outcomes: JobOutcome[];
  readonly workers: RunningWorkers;
  /** Waits until this many attempts ended, and answers how. */
  ended(count: number, timeoutMs?: number): Promise<string[]>;
  stop(): Promise<void>;
}

export async function openWorkshop(
  engine: QueueEngine,
  jobs: readonly NoteJob[],
  options: Partial<Pick<WorkersOptions<Notes>, "concurrency" | "timing">> = {},
): Promise<Workshop> {
  const seen: string[] = [];
  const outcomes: JobOutcome[] = [];
  const workers = await startWorkers<Notes>({
    engine,
    jobs,
    ctx: { seen },
    concurrency: 4,
    log: silentLog,
    onOutcome: (outcome) => void outcomes.push(outcome),
    ...options,
    timing: { checkMs: 100, ...options.timing },
  });
  const words = (): string[] => outcomes.map(({ outcome }) => outcome);
  return {
    seen,
    outcomes,
    workers,
    ended: async (count, timeoutMs = 10_000) => {
      const because = `${count} attempts to end`;
      await until(() => outcomes.length >= count, { because, timeoutMs });
      return words();
    },
    stop: () => workers.stop({ timeoutMs: 5_000 }),
  };
}

/** Waits until the queue holds no job in these states. */
export async function settled(engine: QueueEngine, queue: string): Promise<void> {
  const because = `the queue ${queue} to be worked off`;
  await until(
    async () => {
      const counts = await engine.queue(queue).getJobCounts("waiting", "active", "delayed");
      return Object.values(counts).every((count) => count === 0);
    },
    { because, timeoutMs: 20_000 },
  );
}
