import { present } from "../kernel/assert.js";
import type { ProjectId } from "../kernel/ids.js";
import { createCoalescer } from "../platform/batching/coalesce.js";
import type { MeteringContext } from "./context.js";
import { type Recorded, recordedMax, type RecordOrder, recordUsage } from "./record-usage.js";

/** Applies events while their sender waits. */
export type RecordWaited = (order: RecordOrder) => Promise<readonly Recorded[]>;

const transactionsMax = 3;
const waitingMax = 5_000;

/**
 * Senders who wait at the same moment share a transaction, so that many of them on one wallet do not queue up for its
 * lock with a connection each. A lone one waits for nobody.
 */
export function createRecorder(ctx: MeteringContext): RecordWaited {
  const orders = createCoalescer<RecordOrder, PromiseSettledResult<readonly Recorded[]>>({
    batchMax: recordedMax,
    weightOf: ({ request }) => request.events.length,
    flushesMax: transactionsMax,
    waitingMax,
    flush: async (batch) => {
      const byProject = new Map<ProjectId, RecordOrder[]>();
      for (const order of batch) {
        const { projectId } = order.request;
        byProject.set(projectId, [...(byProject.get(projectId) ?? []), order]);
      }
      const results = new Map<RecordOrder, PromiseSettledResult<readonly Recorded[]>>();
      for (const together of byProject.values())
        for (const [order, result] of await recordGroup(ctx, together)) results.set(order, result);
      return batch.map((order) => present(results.get(order), "each order has a result"));
    },
  });
  return async (order) => {
    const result = await orders.add(order);
    if (result.status === "rejected") throw result.reason;
    return result.value;
  };
}

type Settled = readonly [RecordOrder, PromiseSettledResult<readonly Recorded[]>];

/** All together, or, when that fails, one after the other: one that cannot be taken must not cost the others theirs. */
async function recordGroup(
  ctx: MeteringContext,
  together: readonly RecordOrder[],
): Promise<readonly Settled[]> {
  try {
    const recorded = await recordUsage(ctx, together);
    return together.map(
      (order, place): Settled => [
        order,
        { status: "fulfilled", value: present(recorded[place], "one order, one answer") },
      ],
    );
  } catch (reason) {
    const [only] = together;
    if (together.length === 1 && only !== undefined)
      return [[only, { status: "rejected", reason }]];
    const settled: Settled[] = [];
    for (const order of together) settled.push(...(await recordGroup(ctx, [order])));
    return settled;
  }
}
