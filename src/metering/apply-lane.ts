import type { UsageBatchId } from "../kernel/ids.js";
import type { Trx } from "../platform/db/connect.js";
import { inShortTransaction } from "../platform/db/short-transaction.js";
import { inTransaction } from "../platform/db/transaction.js";
import { applyEvents, countOutcomes } from "./apply-events.js";
import type { MeteringContext } from "./context.js";
import { isHopeless } from "./hopeless.js";
import { partBatch } from "./part-batch.js";
import { eventsPerBatch, eventsPerTransaction } from "./rules.js";
import {
  type Claim,
  claimBatches,
  type Lane,
  lockBatches,
  markApplied,
  readBatches,
} from "./store/lanes.js";

/** What one transaction applied. */
export interface Applied {
  readonly batches: number;
  readonly events: number;
  /** What waits behind it, when so much did that it was read meanwhile. */
  readonly next?: Claim | undefined;
}

/** Locked at once, so that small batches fill a transaction and a long queue is not locked as a whole. */
const batchesMax = 32;
const bounds = { batchesMax, eventsMax: eventsPerTransaction };

/** What was read is applied already, by another worker or before a pause. */
class Overtaken extends Error {
  override readonly name = "Overtaken";
}

/**
 * Applies the oldest batches of a lane in one transaction, as many as fit: claim, lock the wallets, decide, write.
 * Whatever the number of events, the number of statements hardly grows. When it fails for a reason that trying again
 * would not change, the oldest batch is tried alone. When it is the cause, it is parted: what cannot be applied goes
 * into quarantine, so that it blocks nobody.
 *
 * @param read what {@link Applied.next} said before; it is looked at again when it is locked
 */
export async function applyLane(ctx: MeteringContext, lane: Lane, read?: Claim): Promise<Applied> {
  try {
    const claim = read ?? (await readBatches(ctx.db, lane, { ...bounds, besides: [] }));
    if (claim.batchIds.length === 0) return { batches: 0, events: 0 };
    return await applyRead(ctx, lane, claim);
  } catch (error) {
    if (error instanceof Overtaken) return applyLane(ctx, lane);
    if (!isHopeless(error)) throw error;
    return applyAlone(ctx, lane);
  }
}

/** Two flights to the database: locks and balances, then whatever is written, with the commit. */
async function applyRead(ctx: MeteringContext, lane: Lane, claim: Claim): Promise<Applied> {
  const { batchIds, events } = claim;
  const { outcomes, next } = await inShortTransaction(ctx.db, async (trx) => {
    const claimed = lockAll(trx, lane, batchIds);
    claimed.catch(() => undefined); // waited for before anything is written
    const { outcomes: decided, written } = await applyEvents(ctx, trx, lane, events, claimed);
    const behind = isFull(claim) ? readBehind(ctx, lane, batchIds) : undefined;
    return {
      value: { outcomes: decided, next: behind },
      last: () => [...written, markApplied(trx, batchIds)],
    };
  });
  countOutcomes(ctx, events.length, outcomes);
  return { batches: batchIds.length, events: events.length, next: await next };
}

async function lockAll(trx: Trx, lane: Lane, batchIds: readonly UsageBatchId[]): Promise<void> {
  if ((await lockBatches(trx, lane, batchIds)) !== batchIds.length) throw new Overtaken();
}

/** Whether it is likely that more waits behind it. */
function isFull({ batchIds, events }: Claim): boolean {
  return batchIds.length === batchesMax || events.length > eventsPerTransaction - eventsPerBatch;
}

/** Reads the next batches while these are written. Whatever fails here is asked again, and told, by who applies them. */
async function readBehind(
  { db }: MeteringContext,
  lane: Lane,
  besides: readonly UsageBatchId[],
): Promise<Claim | undefined> {
  const behind = await readBatches(db, lane, { ...bounds, besides }).catch(() => undefined);
  return behind?.batchIds.length === 0 ? undefined : behind;
}

/** The oldest batch by itself, read under its lock. */
async function applyAlone(ctx: MeteringContext, lane: Lane): Promise<Applied> {
  let tried: UsageBatchId | undefined;
  try {
    const applied = await inTransaction(ctx.db, async (trx) => {
      const { batchIds, events } = await claimBatches(trx, lane, { ...bounds, batchesMax: 1 });
      [tried] = batchIds;
      if (tried === undefined) return { batches: 0, events: 0, outcomes: [] };
      const { outcomes, written } = await applyEvents(ctx, trx, lane, events);
      await Promise.all([...written, markApplied(trx, batchIds)]);
      return { batches: 1, events: events.length, outcomes };
    });
    countOutcomes(ctx, applied.events, applied.outcomes);
    return applied;
  } catch (error) {
    if (!isHopeless(error) || tried === undefined) throw error;
    return partBatch(ctx, lane, tried);
  }
}
