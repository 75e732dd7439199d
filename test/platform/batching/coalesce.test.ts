import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Refusal } from "../../../src/kernel/refusals.js";
import {
  type Coalescer,
  type CoalesceOptions,
  createCoalescer,
} from "../../../src/platform/batching/coalesce.js";

/** A batch that is being written until the test ends it. */
interface Batch {
  readonly items: readonly number[];
  readonly end: () => void;
  readonly fail: (error: unknown) => void;
}

/** A coalescer that answers `item * 10`, and whose batches end when the test says so. */
function heldCoalescer(limits: Partial<CoalesceOptions<number, number>> = {}) {
  const batches: Batch[] = [];
  const coalescer = createCoalescer<number, number>({
    batchMax: 3,
    flushesMax: 1,
    waitingMax: 100,
    flush: (items) =>
      new Promise((resolve, reject) => {
        const end = () => resolve(items.map((item) => item * 10));
        batches.push({ items, end, fail: reject });
      }),
    ...limits,
  });
  return { ...coalescer, batches };
}

/** Everything that can begin by itself has begun: the event loop has come round twice. */
async function loopTurned(): Promise<void> {
  await new Promise(setImmediate);
  await new Promise(setImmediate);
}

const addAll = (coalescer: Coalescer<number, number>, items: readonly number[]) =>
  Promise.allSettled(items.map((item) => coalescer.add(item)));

describe("what arrives in one turn of the event loop", () => {
  it("is written together, in order of arrival, and each item gets its own result", async () => {
    const { add, batches } = heldCoalescer();
    const results = Promise.all([1, 2, 3].map(add));
    await loopTurned();
    expect(batches.map(({ items }) => items)).toEqual([[1, 2, 3]]);
    batches[0]?.end();
    expect(await results).toEqual([10, 20, 30]);
  });

  it("waits for nobody: a lone item is written at once", async () => {
    const { add, batches } = heldCoalescer();
    const result = add(7);
    await loopTurned();
    batches[0]?.end();
    expect(await result).toBe(70);
  });
});

describe("while all places are busy", () => {
  it("new items wait and go together with the next batch", async () => {
    const { add, batches, drained } = heldCoalescer();
    void add(1);
    await loopTurned();
    void addAll({ add, drained }, [2, 3]);
    await loopTurned();
    expect(batches).toHaveLength(1);
    batches[0]?.end();
    await loopTurned();
    expect(batches.map(({ items }) => items)).toEqual([[1], [2, 3]]);
  });

  it("refuses what goes beyond the bound, keeps what waits, and takes more when there is room", async () => {
    const { add, batches } = heldCoalescer({ waitingMax: 2 });
    const first = add(1);
    await loopTurned();
    const second = [add(2), add(3)];
    await expect(add(4)).rejects.toMatchObject({
      code: "unavailable",
      details: { retryAfterSeconds: 1 },
    });
    await expect(add(5)).rejects.toBeInstanceOf(Refusal);
    batches[0]?.end();
    await loopTurned();
    const third = add(6);
    batches[1]?.end();
    await loopTurned();
    batches[2]?.end();
    expect(await Promise.all([first, ...second, third])).toEqual([10, 20, 30, 60]);
    expect(batches.map(({ items }) => items)).toEqual([[1], [2, 3], [6]]);
  });

  it("bounds the weight of what waits, not the number, and takes a heavy one when nothing waits", async () => {
    const { add, batches } = heldCoalescer({
      waitingMax: 10,
      batchMax: 6,
      weightOf: (item) => item,
    });
    const results = [add(50)];
    await loopTurned();
    results.push(add(6), add(4));
    await expect(add(1)).rejects.toMatchObject({ code: "unavailable" });
    batches[0]?.end();
    await loopTurned();
    // The 6 are being written, the 4 wait: there is room for 6.
    await expect(add(7)).rejects.toMatchObject({ code: "unavailable" });
    results.push(add(6));
    await expect(add(1)).rejects.toMatchObject({ code: "unavailable" });
    for (const place of [1, 2]) {
      batches[place]?.end();
      await loopTurned();
    }
    results.push(add(11).catch(() => 0));
    batches[3]?.end();
    await loopTurned();
    batches[4]?.end();
    expect(await Promise.all(results)).toEqual([500, 60, 40, 60, 110]);
    expect(batches.map(({ items }) => items)).toEqual([[50], [6], [4], [6], [11]]);
  });

  it("starves nobody: who came first is written first, however many follow", async () => {
    const { add, batches } = heldCoalescer();
    const served: number[] = [];
    for (let item = 1; item <= 9; item++) void add(item).then(() => served.push(item));
    for (let round = 0; round < 3; round++) {
      await loopTurned();
      for (let late = 0; late < 3; late++) void add(100 + round);
      batches[round]?.end();
    }
    await loopTurned();
    expect(served).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});

describe("a batch that fails", () => {
  it("fails for all of its items with the same error, and for no others", async () => {
    const { add, batches, drained } = heldCoalescer();
    const results = addAll({ add, drained }, [1, 2, 3, 4, 5]);
    await loopTurned();
    const down = new Error("the database is down");
    batches[0]?.fail(down);
    await loopTurned();
    batches[1]?.end();
    expect(await results).toEqual([
      { status: "rejected", reason: down },
      { status: "rejected", reason: down },
      { status: "rejected", reason: down },
      { status: "fulfilled", value: 40 },
      { status: "fulfilled", value: 50 },
    ]);
  });

  it("fails when it throws before it begins, or answers fewer results than it got items", async () => {
    let calls = 0;
    const { add, drained } = createCoalescer<number, number>({
      batchMax: 2,
      flushesMax: 1,
      waitingMax: 10,
      flush: (items) => {
        if (++calls === 1) throw new Error("at once");
        return Promise.resolve(calls === 2 ? items.slice(1) : [...items]);
      },
    });
    const settled = await addAll({ add, drained }, [1, 2, 3, 4, 5, 6]);
    expect(settled.map(({ status }) => status)).toEqual([
      ...Array.from({ length: 4 }, () => "rejected"),
      ...Array.from({ length: 2 }, () => "fulfilled"),
    ]);
    await drained();
  });
});

describe("drained", () => {
  it("waits for what was added, also when it is added while others are written, and for failures", async () => {
    const { add, batches, drained } = heldCoalescer();
    let over = false;
    await drained();
    void add(1).then(() => void add(2).catch(() => undefined));
    const done = drained().then(() => {
      over = true;
    });
    await loopTurned();
    batches[0]?.end();
    await loopTurned();
    expect(over).toBe(false);
    batches[1]?.fail(new Error("no"));
    await done;
    expect(batches.map(({ items }) => items)).toEqual([[1], [2]]);
  });
});

it("gives each item one result within the bounds, in order, whatever fails and however it arrives", async () => {
  const load = fc.record({
    bursts: fc.array(fc.nat({ max: 12 }), { maxLength: 12 }),
    batchMax: fc.integer({ min: 1, max: 5 }),
    flushesMax: fc.integer({ min: 1, max: 3 }),
    waitingMax: fc.integer({ min: 1, max: 15 }),
    turns: fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 7 }),
    failing: fc.nat({ max: 6 }),
  });
  await fc.assert(
    fc.asyncProperty(load, async ({ bursts, turns, failing, ...limits }) => {
      const written: number[] = [];
      let running = 0;
      let batches = 0;
      const { add, drained } = createCoalescer<number, number>({
        ...limits,
        flush: async (items) => {
          const batch = batches++;
          expect(++running).toBeLessThanOrEqual(limits.flushesMax);
          expect(items.length).toBeLessThanOrEqual(limits.batchMax);
          expect(items.length).toBeGreaterThan(0);
          written.push(...items);
          const wait = turns[batch % turns.length] ?? 0;
          for (let turn = 0; turn < wait; turn++) await new Promise(setImmediate);
          running--;
          if (failing > 0 && batch % failing === 0) throw new Error(`batch ${batch}`);
          return items.map((item) => item * 10);
        },
      });
      const answers: Promise<void>[] = [];
      const refused = new Set<number>();
      let item = 0;
      for (const size of bursts) {
        for (let n = 0; n < size; n++) {
          const mine = item++;
          const outcome = add(mine).then(
            (result) => expect(result).toBe(mine * 10),
            (error: unknown) => {
              if (error instanceof Refusal) refused.add(mine);
              else expect(String(error)).toMatch(/^Error: batch \d+$/);
            },
          );
          answers.push(outcome);
        }
        await new Promise(setImmediate);
      }
      await drained();
      await Promise.all(answers);
      const accepted = Array.from({ length: item }, (_, n) => n).filter((n) => !refused.has(n));
      expect(written).toEqual(accepted);
    }),
    { numRuns: 200 },
  );
});

describe("a batch that fails for the fault of one of its items", () => {
  const outage = new Error("outage");
  /** Writes whole numbers; 13 costs every batch that holds it; at 99 what is written to goes away. */
  const writer = () => {
    const batches: (readonly number[])[] = [];
    const { add } = createCoalescer<number, string>({
      batchMax: 10,
      flushesMax: 1,
      waitingMax: 100,
      keyOf: (item) => (item < 1_000 ? "small" : "large"),
      isolates: (error) => error !== outage,
      flush: async (items) => {
        batches.push(items);
        if (items.includes(13)) throw new Error("unlucky");
        if (items.includes(99)) throw outage;
        return items.map(String);
      },
    });
    return { batches, ends: (items: readonly number[]) => Promise.allSettled(items.map(add)) };
  };
  const told = (ends: readonly PromiseSettledResult<string>[]) =>
    ends.map((end) => (end.status === "fulfilled" ? end.value : String(end.reason)));

  it("costs only that item its result", async () => {
    const { batches, ends } = writer();
    expect(told(await ends([1, 13, 2]))).toEqual(["1", "Error: unlucky", "2"]);
    expect(batches).toEqual([[1, 13, 2], [1], [13], [2]]);
  });

  it("is not written again where no item is at fault, and what is left of it is not tried", async () => {
    const { batches, ends } = writer();
    expect(told(await ends([1, 99, 2]))).toEqual(Array.from({ length: 3 }, () => "Error: outage"));
    expect(batches).toEqual([[1, 99, 2]]);
    const again = told(await ends([13, 99, 2]));
    expect(again).toEqual(["Error: unlucky", "Error: outage", "Error: outage"]);
    expect(batches.slice(1)).toEqual([[13, 99, 2], [13], [99]]);
  });

  it("never holds items of two keys, and keeps the order of each", async () => {
    const { batches, ends } = writer();
    expect(told(await ends([1, 1_001, 2, 1_002]))).toEqual(["1", "1001", "2", "1002"]);
    expect(batches).toEqual([
      [1, 2],
      [1_001, 1_002],
    ]);
  });
});
