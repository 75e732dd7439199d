import { z } from "zod";
import { assert } from "../../kernel/assert.js";
import type { Log } from "../queue/log.js";
import { never, type Outcome } from "./outcome.js";

/** Pauses between attempts: the first, doubled each time, never more than `maxMs`, less up to half at random. */
export interface Backoff {
  readonly firstMs: number;
  readonly maxMs: number;
}

/** What a handler is given besides its context and payload. */
export interface JobTools {
  /** Aborted when the attempt's time is over or the process stops. Hand it to whatever can wait long. */
  readonly signal: AbortSignal;
  /** 1 at the first attempt. A `later` does not count. */
  readonly attempt: number;
  /** Names the job in each line. */
  readonly log: Log;
}

/** What ringing needs to know of a job. It knows nothing of the context, so any domain may hold one. */
export interface JobTicket<Schema extends z.ZodType = z.ZodType> {
  readonly name: string;
  readonly queue: string;
  readonly payload: Schema;
  readonly attempts: number;
  readonly backoff: Backoff;
  readonly timeoutMs: number;
  readonly laterMax: number;
}

export interface Job<Ctx, Schema extends z.ZodType = z.ZodType> extends JobTicket<Schema> {
  /** Validates what lay in the queue, then runs the handler. Data that is not a valid payload ends in `never`. */
  readonly perform: (ctx: Ctx, data: unknown, tools: JobTools) => Promise<Outcome>;
}

export interface JobDeclaration<Ctx, Schema extends z.ZodType> {
  /** `noun.verb`, such as `stripe-event.settle`. Part of the queue's content: a rename orphans waiting jobs. */
  readonly name: string;
  /** Jobs of one queue share its workers' places. `default` unless told. */
  readonly queue?: string;
  /** Must hold plain JSON: ids of committed rows, which the handler reads again. */
  readonly payload: Schema;
  /** 1 to 50; 12 unless told. */
  readonly attempts?: number;
  /** 1 s, doubled up to 5 minutes, unless told. */
  readonly backoff?: Backoff;
  /** 100 ms to 10 minutes for one attempt; 30 s unless told. */
  readonly timeoutMs?: number;
  /** How often a job may end in `later`, 0 to 10,000; then it fails loudly. 100 unless told. */
  readonly laterMax?: number;
  readonly run: (ctx: Ctx, payload: z.output<Schema>, tools: JobTools) => Promise<Outcome>;
}

export const jobDefaults = {
  queue: "default",
  attempts: 12,
  backoff: { firstMs: 1_000, maxMs: 300_000 },
  timeoutMs: 30_000,
  laterMax: 100,
} as const;

const jobName = /^[a-z][a-z0-9-]{0,40}\.[a-z][a-z0-9-]{0,40}$/;
const queueName = /^[a-z][a-z0-9-]{0,40}$/;
const backoffMaxMs = 86_400_000;

/** Declares a job. Bounds are checked here, so a wrong one stops the process at its start. */
export function defineJob<Ctx, Schema extends z.ZodType>(
  declaration: JobDeclaration<Ctx, Schema>,
): Job<Ctx, Schema> {
  const { payload, run, ...given } = declaration;
  const ticket: JobTicket<Schema> = { ...jobDefaults, ...given, payload };
  assertBounds(ticket);
  return {
    ...ticket,
    perform: async (ctx, data, tools) => {
      const parsed = payload.safeParse(data);
      if (!parsed.success)
        return never(`the payload is not valid: ${z.prettifyError(parsed.error)}`);
      return run(ctx, parsed.data, tools);
    },
  };
}

function assertBounds({ name, queue, attempts, backoff, timeoutMs, laterMax }: JobTicket): void {
  assert(jobName.test(name), `a job is named noun.verb, not "${name}"`);
  assert(queueName.test(queue), `job ${name}: a queue is one plain word, not "${queue}"`);
  assertWithin(attempts, 1, 50, `job ${name}: attempts`);
  assertWithin(timeoutMs, 100, 600_000, `job ${name}: timeoutMs`);
  assertWithin(laterMax, 0, 10_000, `job ${name}: laterMax`);
  assertWithin(backoff.firstMs, 1, backoffMaxMs, `job ${name}: backoff.firstMs`);
  assertWithin(backoff.maxMs, backoff.firstMs, backoffMaxMs, `job ${name}: backoff.maxMs`);
}

function assertWithin(value: number, min: number, max: number, what: string): void {
  const holds = Number.isInteger(value) && value >= min && value <= max;
  assert(holds, `${what} is a whole number from ${min} to ${max}, not ${value}`);
}
