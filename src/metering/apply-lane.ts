import type { UsageBatchId } from "../kernel/ids.js";
import { inTransaction } from "../platform/db/transaction.js";
import { applyEvents, countOutcomes } from "./apply-events.js";
import type { MeteringContext } from "./context.js";
import { isHopeless } from "./hopeless.js";
import { partBatch } from "./part-batch.js";
import { eventsPerTransaction } from "./rules.js";
import { claimBatches, type Lane, markApplied } from "./store/lanes.js";

/** What one transaction applied. */
export interface Applied {
  readonly batches: number;
  readonly events: number;
}

/** Locked at once, so that small batches fill a transaction and a long queue is not locked as a whole. */
const batchesMax = 32;

/**
 * Applies the oldest batches of a lane in one transaction, as many as fit: claim, lock the wallets, decide, write.
 * Whatever the number of events, the number of statements is the same. When it fails for a reason that trying again
 * would not change, the oldest batch is tried alone. When it is the cause, it is parted: what cannot be applied goes
 * into quarantine, so that it blocks nobody.
 */
export async function applyLane(ctx: MeteringContext, lane: Lane): Promise<Applied> {
  try {
    return await applyOnce(ctx, lane, batchesMax);
  } catch (error) {
    if (!isHopeless(error)) throw error;
    return applyAlone(ctx, lane);
  }
}

async function applyAlone(ctx: MeteringContext, lane: Lane): Promise<Applied> {
  let tried: UsageBatchId | undefined;
  try {
    return await applyOnce(ctx, lane, 1, ([batchId]) => {
      tried = batchId;
    });
  } catch (error) {
    if (!isHopeless(error) || tried === undefined) throw error;
    return partBatch(ctx, lane, tried);
  }
}

async function applyOnce(
  ctx: MeteringContext,
  lane: Lane,
  batchesAtOnce: number,
  claimed: (batchIds: readonly UsageBatchId[]) => void = () => undefined,
): Promise<Applied> {
  const applied = await inTransaction(ctx.db, async (trx) => {
    const { batchIds, events } = await claimBatches(trx, lane, {
      batchesMax: batchesAtOnce,
      eventsMax: eventsPerTransaction,
    });
    claimed(batchIds);
    if (batchIds.length === 0) return { batches: 0, events: 0, outcomes: [] };
    const outcomes = await applyEvents(ctx, trx, lane, events);
    await markApplied(trx, batchIds);
    return { batches: batchIds.length, events: events.length, outcomes };
  });
  countOutcomes(ctx, applied.events, applied.outcomes);
  return applied;
}
