import { AssertionFailed } from "../../kernel/assert.js";
import { Refusal, refusals } from "../../kernel/refusals.js";
import type { Backoff, JobTicket } from "./define-job.js";
import type { Outcome } from "./outcome.js";

/** How an attempt came to its end: the handler's word, or what it threw. */
export type AttemptResult =
  | { readonly returned: Outcome; readonly thrown?: undefined }
  | { readonly returned?: undefined; readonly thrown: unknown };

/** What becomes of the job. `never` and `broken` fail at once, `exhausted` after the last attempt. */
export type Ending =
  | { readonly kind: "done" }
  | { readonly kind: "later"; readonly delayMs: number; readonly because: string }
  | { readonly kind: "never"; readonly why: string }
  | { readonly kind: "broken"; readonly why: string }
  | { readonly kind: "retry"; readonly delayMs: number; readonly error: Error }
  | { readonly kind: "exhausted"; readonly error: Error };

/** The process stops or the worker is replaced: the job goes back unharmed and is run by the next worker. */
export class AttemptGivenBack extends Error {
  override readonly name = "AttemptGivenBack";
}

/** The attempt's time is over. It counts as failed; what its handler still does is fenced by row locks. */
export class AttemptTimedOut extends Error {
  override readonly name = "AttemptTimedOut";
}

export interface AttemptCount {
  /** 1 at the first attempt. */
  readonly attempt: number;
  /** How often the job ended in `later` before. */
  readonly laters: number;
}

const reasonCharsMax = 1_000;

/**
 * Decides what becomes of a job, from its bounds, its past and the end of this attempt. `chance` is a random
 * number from 0 up to 1. A failed assertion is a bug: running it again at once would do the same harm, so it
 * fails loudly; the sweep rings again, after the fix.
 */
export function judgeAttempt(
  job: Pick<JobTicket, "attempts" | "backoff" | "laterMax">,
  count: AttemptCount,
  result: AttemptResult,
  chance: number,
): Ending {
  if (result.returned !== undefined)
    return judgeOutcome(job.laterMax, count.laters, result.returned);
  const error = asError(result.thrown);
  if (error instanceof AttemptGivenBack) {
    return { kind: "later", delayMs: 0, because: error.message };
  }
  if (error instanceof AssertionFailed) return { kind: "broken", why: cut(error.message) };
  if (error instanceof Refusal && refusals[error.code].retry !== "later") {
    return { kind: "never", why: cut(`refused: ${error.message}`) };
  }
  if (count.attempt >= job.attempts) return { kind: "exhausted", error };
  return { kind: "retry", delayMs: retryDelayMs(job.backoff, count.attempt, error, chance), error };
}

function judgeOutcome(laterMax: number, laters: number, outcome: Outcome): Ending {
  if (outcome.kind === "done") return { kind: "done" };
  if (outcome.kind === "never") return { kind: "never", why: cut(outcome.why) };
  const { seconds, because } = outcome;
  if (laters >= laterMax) {
    return { kind: "never", why: cut(`waited ${laters} times, which is all it may: ${because}`) };
  }
  return { kind: "later", delayMs: Math.ceil(seconds * 1_000), because: cut(because) };
}

/** A refusal that names its own pause is believed, as far as the backoff's bound goes. */
function retryDelayMs(backoff: Backoff, attempt: number, error: Error, chance: number): number {
  const full = Math.min(backoff.maxMs, backoff.firstMs * 2 ** (attempt - 1));
  const jittered = Math.ceil(full * (0.5 + chance / 2));
  const askedSeconds = error instanceof Refusal ? (error.details.retryAfterSeconds ?? 0) : 0;
  return Math.max(jittered, Math.min(askedSeconds * 1_000, backoff.maxMs));
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(`a handler threw ${String(thrown)}`);
}

function cut(text: string): string {
  return text.length <= reasonCharsMax ? text : `${text.slice(0, reasonCharsMax)}…`;
}
