import { assert } from "../../kernel/assert.js";
import { Refusal } from "../../kernel/refusals.js";

export interface CoalesceOptions<T, R> {
  /** Writes a batch and answers one result per item, in order. What it throws goes to every item of the batch. */
  readonly flush: (items: readonly T[]) => Promise<readonly R[]>;
  /** Most items of one batch, or most weight of its items; an item that weighs more goes alone. */
  readonly batchMax: number;
  /** 1 unless told. */
  readonly weightOf?: (item: T) => number;
  /** Batches under way at once. */
  readonly flushesMax: number;
  /**
   * Most items that wait, or most weight of them; beyond it new ones are refused with `unavailable`. One that weighs
   * more by itself is taken when nothing else waits.
   */
  readonly waitingMax: number;
}

export interface Coalescer<T, R> {
  /** Resolves with the item's result when its batch is written. */
  readonly add: (item: T) => Promise<R>;
  /** Resolves when everything that was added is written. */
  readonly drained: () => Promise<void>;
}

interface Waiting<T, R> {
  readonly item: T;
  readonly resolve: (result: R) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Turns concurrent single writes into batches without a timer: what arrives in one turn of the event loop goes
 * together, and what arrives while all places are busy goes with the next batch. So a lone item waits for nobody,
 * and under load the batches grow by themselves.
 */
export function createCoalescer<T, R>(options: CoalesceOptions<T, R>): Coalescer<T, R> {
  const { flush, batchMax, weightOf = () => 1, flushesMax, waitingMax } = options;
  const waiting: Waiting<T, R>[] = [];
  const running = new Set<Promise<void>>();
  let scheduled = false;
  let waitingWeight = 0;

  const schedule = (): void => {
    if (scheduled || waiting.length === 0 || running.size >= flushesMax) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      const batch = waiting.splice(0, countWithin(waiting, batchMax, weightOf));
      for (const { item } of batch) waitingWeight -= weightOf(item);
      const write = writeBatch(flush, batch).finally(() => {
        running.delete(write);
        schedule();
      });
      running.add(write);
      schedule();
    });
  };

  return {
    add: (item) =>
      new Promise<R>((resolve, reject) => {
        const weight = weightOf(item);
        if (waiting.length > 0 && waitingWeight + weight > waitingMax) {
          reject(
            new Refusal("unavailable", {
              detail: "More is arriving than can be written. Try again in a moment.",
              retryAfterSeconds: 1,
            }),
          );
          return;
        }
        waiting.push({ item, resolve, reject });
        waitingWeight += weight;
        schedule();
      }),
    drained: async () => {
      while (waiting.length > 0 || running.size > 0 || scheduled) {
        await Promise.all(running);
        await new Promise(setImmediate);
      }
    },
  };
}

/** How many of the first items go together. */
function countWithin<T, R>(
  waiting: readonly Waiting<T, R>[],
  weightMax: number,
  weightOf: (item: T) => number,
): number {
  let weight = 0;
  for (const [index, { item }] of waiting.entries()) {
    weight += weightOf(item);
    if (weight > weightMax) return Math.max(1, index);
  }
  return waiting.length;
}

async function writeBatch<T, R>(
  flush: CoalesceOptions<T, R>["flush"],
  batch: readonly Waiting<T, R>[],
): Promise<void> {
  try {
    const results = await flush(batch.map(({ item }) => item));
    assert(results.length === batch.length, "a batch answers each of its items");
    for (const [index, { resolve }] of batch.entries()) resolve(results[index] as R);
  } catch (error) {
    for (const { reject } of batch) reject(error);
  }
}
