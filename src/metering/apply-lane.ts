import { AssertionFailed } from "../kernel/assert.js";
import type { UsageBatchId } from "../kernel/ids.js";
import { applyMovements } from "../ledger/post-movements.js";
import type { Movement } from "../ledger/decide-all.js";
import type { Trx } from "../platform/db/connect.js";
import { databaseErrorKind } from "../platform/db/errors.js";
import { inTransaction } from "../platform/db/transaction.js";
import { type RateCard, shortfallPolicyOf } from "../rating/price.js";
import type { MeteringContext } from "./context.js";
import {
  type DecidedUsage,
  type Outcome,
  outcomeOf,
  unpricedOutcome,
  usageMovement,
} from "./decide-usage.js";
import { eventsPerTransaction } from "./rules.js";
import {
  claimBatches,
  type ClaimedEvent,
  insertOutcomes,
  type Lane,
  markApplied,
  quarantineBatch,
} from "./store/lanes.js";

/** What one transaction applied. */
export interface Applied {
  readonly batches: number;
  readonly events: number;
}

const problemLengthMax = 1_000;
/** Locked at once, so that small batches fill a transaction and a long queue is not locked as a whole. */
const batchesMax = 32;

/**
 * Applies the oldest batches of a lane in one transaction, as many as fit: claim, lock the wallets, decide, write.
 * Whatever the number of events, the number of statements is the same. When it fails for a reason that trying again
 * would not change, the oldest batch is tried alone, and put in quarantine when it is the cause, so that it blocks
 * nobody.
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
    // knex puts the statement before what the database said.
    const problem = (error instanceof Error ? error.message : String(error)).split(" - ").at(-1);
    // The batch that was tried, and no other: a second worker may have taken it out of the lane already.
    if (await quarantineBatch(ctx.db, tried, (problem ?? "").slice(0, problemLengthMax))) {
      ctx.metrics.add("usage_batches_quarantined_total", {});
      ctx.log.error({ err: error, batchId: tried }, "a usage batch cannot be applied");
    }
    return { batches: 1, events: 0 };
  }
}

/**
 * What the events themselves break: a rule of ours, or one of the database. Everything else (an outage, another
 * transaction, a version of this program that does not fit the database) would befall every batch alike, and is tried
 * again.
 */
function isHopeless(error: unknown): boolean {
  return error instanceof AssertionFailed || databaseErrorKind(error) === "constraint";
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

async function applyEvents(
  ctx: MeteringContext,
  trx: Trx,
  { projectId }: Lane,
  events: readonly ClaimedEvent[],
): Promise<readonly Outcome[]> {
  const cards = new Map<number, RateCard | undefined>();
  for (const { rateCardVersion: version } of events)
    if (!cards.has(version)) cards.set(version, await ctx.rateCards.get(trx, projectId, version));
  const outcomes: Outcome[] = [];
  const movements: Movement<DecidedUsage>[] = [];
  for (const event of events) {
    const { id, walletId, event: name, credits, refusal, rateCardVersion, apiKeyId } = event;
    if (credits === null || refusal !== null) {
      outcomes.push(unpricedOutcome(event, refusal ?? "unpriceable_event"));
      continue;
    }
    const usage = { id, walletId, event: name, credits, apiKeyId, holdId: null };
    movements.push(usageMovement(usage, shortfallPolicyOf(cards.get(rateCardVersion), name)));
  }
  if (movements.length > 0) {
    for (const verdict of await applyMovements(trx, movements)) {
      const outcome = verdict.approved ? outcomeOf(verdict.value) : undefined;
      if (outcome !== undefined) outcomes.push(outcome);
    }
  }
  await insertOutcomes(trx, projectId, outcomes);
  return outcomes;
}

/** For metrics: what was applied, in full or in part, and what was rejected and why. */
export function countOutcomes(
  ctx: Pick<MeteringContext, "metrics">,
  events: number,
  outcomes: readonly Outcome[],
): void {
  const rejected = outcomes.filter(({ outcome }) => outcome === "rejected");
  ctx.metrics.add("usage_applied_events_total", {}, events - rejected.length);
  for (const { reason } of rejected)
    ctx.metrics.add("usage_rejected_events_total", { reason: reason ?? "unknown" });
}
