import { present } from "../kernel/assert.js";
import { newId, type UsageBatchId, type WalletId } from "../kernel/ids.js";
import type { Trx } from "../platform/db/connect.js";
import { inTransaction } from "../platform/db/transaction.js";
import { applyEvents, countOutcomes } from "./apply-events.js";
import type { MeteringContext } from "./context.js";
import type { Outcome } from "./decide-usage.js";
import { isHopeless, problemOf } from "./hopeless.js";
import { eventIdAt, eventsPerTransaction, toBatchId } from "./rules.js";
import {
  claimBatches,
  type ClaimedEvent,
  type Lane,
  markApplied,
  quarantineBatch,
} from "./store/lanes.js";
import { insertSetAside } from "./store/quarantine.js";

interface Poisoned {
  readonly walletId: WalletId;
  readonly events: readonly ClaimedEvent[];
  readonly error: unknown;
}

/**
 * Applies a batch that cannot be applied as a whole wallet by wallet. The events of a wallet that fails are set aside,
 * all of them, so that they keep their order, in a batch of their own that is in quarantine; a batch of one wallet is
 * put there as it is. A failure that is no fault of the events is thrown, and nothing was done.
 */
export async function partBatch(
  ctx: MeteringContext,
  lane: Lane,
  batchId: UsageBatchId,
): Promise<{ readonly batches: number; readonly events: number }> {
  const { applied, poisoned, outcomes } = await inTransaction(ctx.db, async (trx) => {
    const claim = await claimBatches(trx, lane, { batchesMax: 1, eventsMax: eventsPerTransaction });
    // A second worker may have taken it out of the lane already.
    if (claim.batchIds[0] !== batchId) return nothing;
    const groups = byWallet(claim.events);
    const parted = await applyEach(ctx, trx, lane, groups);
    const [first] = parted.poisoned;
    if (groups.size === 1 && first !== undefined) {
      await quarantineBatch(trx, batchId, problemOf(first.error));
      return parted;
    }
    for (const { walletId, events, error } of parted.poisoned) {
      const own = toBatchId(newId("usageBatch"));
      await insertSetAside(trx, {
        batchId: own,
        lastId: eventIdAt(own, events.length - 1),
        from: batchId,
        walletId,
        eventIds: events.map(({ id }) => id),
        problem: problemOf(error),
      });
    }
    await markApplied(trx, [batchId]);
    return parted;
  });
  countOutcomes(ctx, applied, outcomes);
  for (const { error, events } of poisoned) {
    ctx.metrics.add("usage_batches_quarantined_total", {});
    ctx.log.error({ err: error, batchId, events: events.length }, "usage cannot be applied");
  }
  return { batches: 1, events: applied };
}

interface Parted {
  readonly applied: number;
  readonly outcomes: readonly Outcome[];
  readonly poisoned: readonly Poisoned[];
}

const nothing: Parted = { applied: 0, outcomes: [], poisoned: [] };

async function applyEach(
  ctx: MeteringContext,
  trx: Trx,
  lane: Lane,
  groups: ReadonlyMap<WalletId, readonly ClaimedEvent[]>,
): Promise<Parted> {
  const outcomes: Outcome[] = [];
  const poisoned: Poisoned[] = [];
  let applied = 0;
  // Wallets are locked in the order of their ids, here too.
  for (const walletId of [...groups.keys()].toSorted()) {
    const events = present(groups.get(walletId), "a wallet has events");
    try {
      outcomes.push(...(await trx.transaction((inner) => applyAll(ctx, inner, lane, events))));
      applied += events.length;
    } catch (error) {
      if (!isHopeless(error)) throw error;
      poisoned.push({ walletId, events, error });
    }
  }
  return { applied, outcomes, poisoned };
}

async function applyAll(
  ctx: MeteringContext,
  trx: Trx,
  lane: Lane,
  events: readonly ClaimedEvent[],
): Promise<readonly Outcome[]> {
  const { outcomes, written } = await applyEvents(ctx, trx, lane, events);
  await Promise.all(written);
  return outcomes;
}

function byWallet(events: readonly ClaimedEvent[]): ReadonlyMap<WalletId, readonly ClaimedEvent[]> {
  const groups = new Map<WalletId, ClaimedEvent[]>();
  for (const event of events) {
    const group = groups.get(event.walletId);
    if (group === undefined) groups.set(event.walletId, [event]);
    else group.push(event);
  }
  return groups;
}
