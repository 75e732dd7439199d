import type { JobTicket } from "../platform/jobs/define-job.js";
import type { QueueEngine } from "../platform/queue/engine.js";
import { reasonOf } from "../platform/queue/log.js";
import { within } from "../platform/queue/within.js";

export const jobStates = ["waiting", "active", "delayed", "failed", "completed"] as const;
export type JobState = (typeof jobStates)[number];

/** One queue: the jobs that use it, and how many of them are in which state. */
export interface QueueState {
  readonly name: string;
  readonly jobs: readonly string[];
  /** `undefined` when the queue did not answer. */
  readonly counts: Readonly<Record<JobState, number>> | undefined;
  /** Why there are no counts; null when there are. */
  readonly why: string | null;
}

const answerWithinMs = 1_500;

/** Counts every queue that a job names, at once. Never throws, takes a second and a half at most. */
export async function readQueues(
  engine: QueueEngine,
  jobs: readonly Pick<JobTicket, "name" | "queue">[],
): Promise<readonly QueueState[]> {
  return Promise.all([...jobsByQueue(jobs)].map(([name, names]) => readQueue(engine, name, names)));
}

/** Queue to the names of its jobs, both in the order of the alphabet. */
export function jobsByQueue(
  jobs: readonly Pick<JobTicket, "name" | "queue">[],
): ReadonlyMap<string, readonly string[]> {
  const names = [...new Set(jobs.map(({ queue }) => queue))].toSorted();
  return new Map(
    names.map((queue) => [
      queue,
      jobs
        .filter((job) => job.queue === queue)
        .map(({ name }) => name)
        .toSorted(),
    ]),
  );
}

async function readQueue(
  engine: QueueEngine,
  name: string,
  jobs: readonly string[],
): Promise<QueueState> {
  try {
    const counted = engine.queue(name).getJobCounts(...jobStates, "prioritized");
    const found = await within(counted, answerWithinMs, `counting ${name}`);
    const of = (state: string): number => found[state] ?? 0;
    const counts = {
      waiting: of("waiting") + of("prioritized"),
      active: of("active"),
      delayed: of("delayed"),
      failed: of("failed"),
      completed: of("completed"),
    };
    return { name, jobs, counts, why: null };
  } catch (error) {
    engine.reportFailure(error, `the queue ${name} could not be counted`);
    return { name, jobs, counts: undefined, why: reasonOf(error) };
  }
}
