import { assert } from "../../kernel/assert.js";

/** The word a handler ends in. A thrown error is the fourth way: it is tried again, within the job's bounds. */
export type Outcome =
  | { readonly kind: "done" }
  | { readonly kind: "later"; readonly seconds: number; readonly because: string }
  | { readonly kind: "never"; readonly why: string };

const laterSecondsMax = 7 * 86_400;

/** The work is finished, or there was nothing to do. */
export const done: Outcome = { kind: "done" };

/** Not yet: look again after `seconds` (up to a week). Spends no attempt; the job's `laterMax` bounds how often. */
export function later(wait: { readonly seconds: number; readonly because: string }): Outcome {
  const { seconds, because } = wait;
  assert(seconds > 0 && seconds <= laterSecondsMax, "later is within a week");
  return { kind: "later", seconds, because };
}

/** Trying again would change nothing. The job stays visible as failed, with the reason. */
export function never(why: string): Outcome {
  return { kind: "never", why };
}
