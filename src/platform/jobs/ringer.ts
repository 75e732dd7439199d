import type { JobsOptions } from "bullmq";
import type { z } from "zod";
import { assert } from "../../kernel/assert.js";
import type { QueueEngine } from "../queue/engine.js";
import { within } from "../queue/within.js";
import { createCircuit } from "./circuit.js";
import type { JobTicket } from "./define-job.js";

export interface RingOptions {
  /**
   * Rings that carry the same id become one: while its job waits or is delayed, no second one is added (a delayed
   * one is brought forward); while it runs, one more run follows. Once it ended, well or not, the id is free.
   * Only ever saves work: that something happens once is decided in Postgres.
   */
  readonly jobId?: string;
  /** Up to a week. */
  readonly delayMs?: number;
}

export interface Ringer {
  /**
   * Puts a job in the queue. Best effort: answers false when the queue did not take it in time, never throws for
   * it, and takes no longer than the cap. The row is committed already, and a sweep rings again.
   */
  ring<Schema extends z.ZodType>(
    job: JobTicket<Schema>,
    payload: z.input<Schema>,
    options?: RingOptions,
  ): Promise<boolean>;
  /** Rings once per payload, in batches. Answers how many the queue took; stops at the first failure. */
  ringMany<Schema extends z.ZodType>(
    job: JobTicket<Schema>,
    payloads: readonly z.input<Schema>[],
  ): Promise<number>;
  /** Since the start: jobs put in the queue, and jobs that were not. */
  counts(): { readonly rung: number; readonly failed: number };
}

export interface RingerOptions {
  /** Most time that a ring may take; 250 ms unless told. */
  readonly capMs?: number;
  /** For metrics: each ring, or batch of rings, with its end. */
  readonly onRing?: (ring: {
    job: string;
    jobs: number;
    taken: boolean;
    durationMs: number;
  }) => void;
}

type Entry = { name: string; data: unknown; opts: JobsOptions };

const capDefaultMs = 250;
const batchMax = 500;
const payloadCharsMax = 1_000_000;
const jobIdCharsMax = 200;
const delayMaxMs = 7 * 86_400_000;

/** A ringer for one process. When the queue fails it stops asking for a moment, so that only few calls wait. */
export function createRinger(engine: QueueEngine, options: RingerOptions = {}): Ringer {
  const { capMs = capDefaultMs, onRing } = options;
  const circuit = createCircuit({ failuresMax: 3, openMs: 500, openMaxMs: 2_000 });
  const counts = { rung: 0, failed: 0 };

  const tryPut = async (job: JobTicket, entries: Entry[]): Promise<boolean> => {
    if (!circuit.allows(performance.now())) return false;
    const put = putInQueue(engine, job.queue, entries);
    // An answer that comes after the cap still tells that the queue is well.
    put.then(
      () => circuit.succeeded(),
      () => undefined,
    );
    try {
      await within(put, capMs, `ringing ${job.name}`);
      return true;
    } catch (error) {
      circuit.failed(performance.now());
      engine.reportFailure(error, "a ring was not heard");
      return false;
    }
  };

  const putAll = async (job: JobTicket, entries: Entry[]): Promise<boolean> => {
    const startMs = performance.now();
    const taken = await tryPut(job, entries);
    counts[taken ? "rung" : "failed"] += entries.length;
    const durationMs = performance.now() - startMs;
    onRing?.({ job: job.name, jobs: entries.length, taken, durationMs });
    return taken;
  };

  return {
    ring: async (job, payload, ringOptions = {}) =>
      putAll(job, [toEntry(job, payload, ringOptions)]),
    ringMany: async (job, payloads) => {
      const entries = payloads.map((payload) => toEntry(job, payload, {}));
      for (let from = 0; from < entries.length; from += batchMax) {
        const taken = await putAll(job, entries.slice(from, from + batchMax));
        if (!taken) return from;
      }
      return entries.length;
    },
    counts: () => ({ ...counts }),
  };
}

async function putInQueue(engine: QueueEngine, queueName: string, entries: Entry[]): Promise<void> {
  const queue = engine.queue(queueName);
  const [only] = entries;
  if (entries.length === 1 && only !== undefined) {
    await queue.add(only.name, only.data, only.opts);
    return;
  }
  await queue.addBulk(entries);
}

function toEntry(job: JobTicket, payload: unknown, options: RingOptions): Entry {
  const delayMs = options.delayMs ?? 0;
  assert(
    delayMs >= 0 && delayMs <= delayMaxMs,
    `a ring of ${job.name} is delayed by a week at most`,
  );
  const opts: JobsOptions = {
    attempts: job.attempts,
    ...(delayMs > 0 ? { delay: Math.ceil(delayMs) } : {}),
    ...(options.jobId === undefined ? {} : onceAtATime(job, options.jobId, delayMs)),
  };
  return { name: job.name, data: jsonPayload(job, payload), opts };
}

/**
 * BullMQ's own job id would be ignored for as long as a failed job is kept, may not hold `:` and may not be a
 * number. Its deduplication has none of these, and is released when the job ends.
 */
function onceAtATime(job: JobTicket, jobId: string, delayMs: number): JobsOptions {
  const fits = jobId.length > 0 && jobId.length <= jobIdCharsMax;
  assert(fits, `a job id of ${job.name} has 1 to ${jobIdCharsMax} characters`);
  const id = `${job.name}/${encodeURIComponent(jobId)}`;
  return { deduplication: { id, keepLastIfActive: true, reschedule: delayMs === 0 } };
}

/** The payload as it will arrive. Whoever rings with something else has a bug, and hears of it here. */
function jsonPayload(job: JobTicket, payload: unknown): unknown {
  const text = toJson(payload);
  assert(text !== undefined, `the payload of ${job.name} is JSON`);
  assert(
    text.length <= payloadCharsMax,
    `the payload of ${job.name} has at most a million characters`,
  );
  const data: unknown = JSON.parse(text);
  const parsed = job.payload.safeParse(data);
  assert(parsed.success, `the payload of ${job.name} is valid (${parsed.error?.message ?? ""})`);
  return data;
}

function toJson(payload: unknown): string | undefined {
  try {
    return JSON.stringify(payload);
  } catch {
    return undefined; // a bigint or a cycle
  }
}
