import { type CharglyError, NoAnswerError, RefusedError } from "../errors/errors.js";

/** Refusals after which the same request may succeed within seconds. A limit or a pause lasts longer than that. */
const passing: ReadonlySet<string> = new Set([
  "request_timeout",
  "request_in_flight",
  "wallet_busy",
  "too_many_requests",
  "usage_backlog",
  "unavailable",
  "stripe_unavailable",
  "internal",
  "unreadable",
]);

const firstDelayMs = 200;
const delayMsMax = 5_000;
/** Longer waits are the caller's to decide. */
const retryAfterSecondsMax = 30;

/**
 * How long to wait before the next attempt, in milliseconds, or `undefined` to give up. Grows by two from 0.2 s to 5 s, with
 * half of it left to chance; what the server asked for is waited at least.
 *
 * @param attempt 1 for the first
 * @param chance from 0 to below 1
 */
export function delayBeforeRetry(
  error: CharglyError,
  { attempt, maxRetries, chance }: { attempt: number; maxRetries: number; chance: number },
): number | undefined {
  if (attempt > maxRetries || !isPassing(error)) return undefined;
  const grown = Math.min(delayMsMax, firstDelayMs * 2 ** (attempt - 1));
  const delayMs = grown * (0.5 + chance / 2);
  const asked = error instanceof RefusedError ? error.retryAfterSeconds : undefined;
  if (asked === undefined) return delayMs;
  return asked > retryAfterSecondsMax ? undefined : asked * 1_000 + delayMs;
}

function isPassing(error: CharglyError): boolean {
  if (error instanceof NoAnswerError) return true;
  return error instanceof RefusedError && passing.has(error.code);
}

/** `Retry-After` in seconds: a number of them, or a date. */
export function parseRetryAfter(header: string | null, nowMs: number): number | undefined {
  if (header === null) return undefined;
  if (/^\d{1,9}$/.test(header)) return Number(header);
  const atMs = Date.parse(header);
  return Number.isNaN(atMs) ? undefined : Math.max(0, (atMs - nowMs) / 1_000);
}
