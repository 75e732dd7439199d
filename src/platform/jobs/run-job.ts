import { DelayedError, UnrecoverableError } from "bullmq";
import type { BullJob } from "../queue/engine.js";
import type { Log } from "../queue/log.js";
import { retention } from "../queue/retention.js";
import type { Job, JobTools } from "./define-job.js";
import { type AttemptResult, AttemptTimedOut, type Ending, judgeAttempt } from "./judge-attempt.js";

/** One attempt of one job and how it ended, for metrics. */
export interface JobOutcome {
  /** The declared name; `unknown` for a name that is not declared, so that labels stay bounded. */
  readonly job: string;
  readonly queue: string;
  readonly outcome: Ending["kind"];
  readonly durationMs: number;
  readonly attempt: number;
}

/** The attempts that run in this process now. */
export interface RunningAttempts {
  readonly size: number;
  begin(controller: AbortController): void;
  end(controller: AbortController): void;
  /** Ends all of them with this reason. */
  abort(reason: Error): void;
}

export interface RunJobOptions<Ctx> {
  readonly ctx: Ctx;
  readonly jobs: ReadonlyMap<string, Job<Ctx>>;
  readonly queue: string;
  readonly log: Log;
  readonly running: RunningAttempts;
  readonly onOutcome?: ((outcome: JobOutcome) => void) | undefined;
}

/** What BullMQ is told when an attempt failed: the error as it was, and when to try again. */
class AttemptFailed extends Error {
  override readonly name = "AttemptFailed";
  constructor(
    error: Error,
    readonly retryDelayMs: number,
  ) {
    super(error.message, { cause: error });
    if (error.stack !== undefined) this.stack = error.stack;
  }
}

/** For BullMQ's `settings.backoffStrategy`; -1 is its word for not at all. */
export function retryDelayMsOf(_attempts: number, _type?: string, error?: Error): number {
  return error instanceof AttemptFailed ? error.retryDelayMs : -1;
}

export function trackAttempts(): RunningAttempts {
  const controllers = new Set<AbortController>();
  return {
    get size() {
      return controllers.size;
    },
    begin: (controller) => void controllers.add(controller),
    end: (controller) => void controllers.delete(controller),
    abort: (reason) => {
      for (const controller of controllers) controller.abort(reason);
    },
  };
}

/** The processor of one BullMQ worker: runs the attempt and tells BullMQ how it ended, in its own words. */
export function createProcessor<Ctx>(
  options: RunJobOptions<Ctx>,
): (bull: BullJob, token?: string) => Promise<void> {
  return async (bull, token) => {
    const startMs = performance.now();
    const job = options.jobs.get(bull.name);
    const log = options.log.child({ job: bull.name, jobId: bull.id });
    const attempt = bull.attemptsMade + 1;
    const ending =
      job === undefined
        ? unknownJob(bull.name, options.queue)
        : await attemptJob(job, bull, options, log);
    tell(log, ending, attempt);
    options.onOutcome?.({
      job: job?.name ?? "unknown",
      queue: options.queue,
      outcome: ending.kind,
      durationMs: performance.now() - startMs,
      attempt,
    });
    await finish(bull, token, ending);
  };
}

function unknownJob(name: string, queue: string): Ending {
  return { kind: "never", why: `no job named "${name}" is declared for the queue ${queue}` };
}

async function attemptJob<Ctx>(
  job: Job<Ctx>,
  bull: BullJob,
  options: RunJobOptions<Ctx>,
  log: Log,
): Promise<Ending> {
  // Whoever put it there, the declaration rules: BullMQ's own default is one attempt, and to keep all jobs.
  bull.opts.attempts = job.attempts;
  bull.opts.backoff = { type: "declared" };
  bull.opts.removeOnComplete = retention.completed;
  bull.opts.removeOnFail = retention.failed;
  const controller = new AbortController();
  const attempt = bull.attemptsMade + 1;
  options.running.begin(controller);
  try {
    const tools = { signal: controller.signal, attempt, log };
    const result = await runWithin(job, options.ctx, bull.data, tools, controller);
    return judgeAttempt(job, { attempt, laters: latersOf(bull) }, result, Math.random());
  } finally {
    options.running.end(controller);
  }
}

/**
 * Each start that was neither a failed attempt nor a return from a stall was a `later`. Counting it so needs no
 * second write beside BullMQ's own, and survives whatever the job survives.
 */
function latersOf(bull: BullJob): number {
  return Math.max(0, bull.attemptsStarted - 1 - bull.attemptsMade - bull.stalledCounter);
}

async function runWithin<Ctx>(
  job: Job<Ctx>,
  ctx: Ctx,
  data: unknown,
  tools: JobTools,
  controller: AbortController,
): Promise<AttemptResult> {
  const { signal, log } = tools;
  const late = (): void => {
    if (signal.aborted) log.warn({}, "a handler ended after its attempt was given up");
  };
  const ended = job.perform(ctx, data, tools).then(
    (returned): AttemptResult => ({ returned }),
    (thrown: unknown): AttemptResult => ({ thrown }),
  );
  const timedOut = new AttemptTimedOut(`${job.name} took more than ${job.timeoutMs} ms`);
  const timer = setTimeout(() => controller.abort(timedOut), job.timeoutMs);
  const givenUp = new Promise<AttemptResult>((give) => {
    const giveUp = (): void => {
      const thrown: unknown = signal.reason;
      give({ thrown });
    };
    signal.addEventListener("abort", giveUp, { once: true });
  });
  const result = await Promise.race([ended, givenUp]);
  clearTimeout(timer);
  if (signal.aborted) void ended.then(late);
  return result;
}

function tell(log: Log, ending: Ending, attempt: number): void {
  if (ending.kind === "done") log.debug({ attempt }, "job done");
  else if (ending.kind === "later") log.debug({ because: ending.because }, "job again later");
  else if (ending.kind === "never") log.warn({ why: ending.why }, "job failed for good");
  else if (ending.kind === "broken") log.error({ why: ending.why }, "job met a bug");
  else if (ending.kind === "retry")
    log.warn({ attempt, error: ending.error }, "job will be tried again");
  else log.error({ attempt, error: ending.error }, "job failed in its last attempt");
}

async function finish(bull: BullJob, token: string | undefined, ending: Ending): Promise<void> {
  if (ending.kind === "done") return;
  if (ending.kind === "later") {
    await bull.moveToDelayed(Date.now() + ending.delayMs, token);
    throw new DelayedError(ending.because);
  }
  if (ending.kind === "retry") throw new AttemptFailed(ending.error, ending.delayMs);
  if (ending.kind === "exhausted") throw new AttemptFailed(ending.error, -1);
  throw new UnrecoverableError(ending.why);
}
