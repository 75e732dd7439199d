import { createCoalescer } from "../platform/batching/coalesce.js";
import { databaseErrorKind } from "../platform/db/errors.js";
import type { MeteringContext } from "./context.js";
import { type Recorded, recordedMax, type RecordOrder, recordUsage } from "./record-usage.js";

/** Applies events while their sender waits. */
export type RecordWaited = (order: RecordOrder) => Promise<readonly Recorded[]>;

const transactionsMax = 3;
const eventsWaitingMax = 5_000;

/**
 * Senders of a project who wait at the same moment share a transaction, so that many of them on one wallet do not queue
 * up for its lock with a connection each. A lone one waits for nobody.
 */
export function createRecorder(ctx: MeteringContext): RecordWaited {
  return createCoalescer<RecordOrder, readonly Recorded[]>({
    batchMax: recordedMax,
    weightOf: ({ request }) => request.events.length,
    keyOf: ({ request }) => request.projectId,
    flushesMax: transactionsMax,
    waitingMax: eventsWaitingMax,
    // A connection that was lost may have committed, so what was on it is not sent again for the senders.
    isolates: (error) => databaseErrorKind(error) !== "unavailable",
    flush: (orders) => recordUsage(ctx, orders),
  }).add;
}
