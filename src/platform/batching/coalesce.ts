import { assert } from "../../kernel/assert.js";
import { Refusal } from "../../kernel/refusals.js";

export interface CoalesceOptions<T, R> {
  /** Writes a batch, all or nothing, and answers one result per item, in order. */
  readonly flush: (items: readonly T[]) => Promise<readonly R[]>;
  /** Most items of one batch, or most weight of its items; an item that weighs more goes alone. */
  readonly batchMax: number;
  /** 1 unless told. */
  readonly weightOf?: (item: T) => number;
  /** Only items with the same key go together. All do, unless told. */
  readonly keyOf?: (item: T) => string;
  /**
   * Whether a failure may be the fault of one item: then nothing of the batch was written, and its items are written
   * one after the other, so that one costs no other its result. Otherwise, and unless told, it goes to every item.
   */
  readonly isolates?: (error: unknown) => boolean;
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
  const { weightOf = () => 1, flushesMax, waitingMax } = options;
  let waiting: Waiting<T, R>[] = [];
  const running = new Set<Promise<unknown>>();
  let scheduled = false;
  let waitingWeight = 0;

  const schedule = (): void => {
    if (scheduled || waiting.length === 0 || running.size >= flushesMax) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      const { batch, left } = takeBatch(waiting, options);
      waiting = left;
      for (const { item } of batch) waitingWeight -= weightOf(item);
      const write = writeBatch(batch, options).finally(() => {
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

/** The first of those that wait, with what goes with it; and what is left. */
function takeBatch<T, R>(
  waiting: readonly Waiting<T, R>[],
  { batchMax, weightOf = () => 1, keyOf = () => "" }: CoalesceOptions<T, R>,
): { readonly batch: Waiting<T, R>[]; readonly left: Waiting<T, R>[] } {
  const [first] = waiting;
  const key = first === undefined ? "" : keyOf(first.item);
  const batch: Waiting<T, R>[] = [];
  const others: Waiting<T, R>[] = [];
  let weight = 0;
  for (const [index, each] of waiting.entries()) {
    if (keyOf(each.item) === key) {
      weight += weightOf(each.item);
      if (batch.length > 0 && weight > batchMax)
        return { batch, left: others.concat(waiting.slice(index)) };
      batch.push(each);
    } else others.push(each);
  }
  return { batch, left: others };
}

/** Answers what a batch failed for, once every item of it has its result or its error. */
async function writeBatch<T, R>(
  batch: readonly Waiting<T, R>[],
  options: CoalesceOptions<T, R>,
): Promise<{ readonly error: unknown } | undefined> {
  try {
    const results = await options.flush(batch.map(({ item }) => item));
    assert(results.length === batch.length, "a batch answers each of its items");
    for (const [index, { resolve }] of batch.entries()) resolve(results[index] as R);
    return undefined;
  } catch (error) {
    if (batch.length > 1 && options.isolates?.(error) === true) await writeEach(batch, options);
    else for (const { reject } of batch) reject(error);
    return { error };
  }
}

/** One after the other. What is nobody's fault, such as a database that went away, is not asked for again by each. */
async function writeEach<T, R>(
  batch: readonly Waiting<T, R>[],
  options: CoalesceOptions<T, R>,
): Promise<void> {
  for (const [index, each] of batch.entries()) {
    const failed = await writeBatch([each], options);
    if (failed === undefined || options.isolates?.(failed.error) === true) continue;
    for (const { reject } of batch.slice(index + 1)) reject(failed.error);
    return;
  }
}
