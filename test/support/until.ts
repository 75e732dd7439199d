import { setTimeout as sleep } from "node:timers/promises";

export interface UntilOptions {
  readonly timeoutMs?: number;
  readonly everyMs?: number;
  /** What is waited for, as the end of the sentence "Waited in vain for ...". */
  readonly because: string;
}

/**
 * Waits for a fact and answers it: the first answer that is not false, null or undefined. An error of the last
 * try is the cause of the failure.
 */
export async function until<T>(
  fact: () => T | false | null | undefined | Promise<T | false | null | undefined>,
  { timeoutMs = 10_000, everyMs = 20, because }: UntilOptions,
): Promise<T> {
  let cause: unknown;
  for (
    const endMs = performance.now() + timeoutMs;
    performance.now() < endMs;
    await sleep(everyMs)
  ) {
    try {
      const answer = await fact();
      cause = undefined;
      if (answer !== false && answer !== null && answer !== undefined) return answer;
    } catch (error) {
      cause = error;
    }
  }
  throw new Error(`Waited in vain for ${because} (${timeoutMs} ms)`, { cause });
}
