import type { Movement } from "../ledger/decide-all.js";
import { streamMovements } from "../ledger/post-movements.js";
import type { Trx } from "../platform/db/connect.js";
import { type RateCard, shortfallPolicyOf } from "../rating/price.js";
import type { MeteringContext } from "./context.js";
import {
  type DecidedUsage,
  type Outcome,
  outcomeOf,
  unpricedOutcome,
  usageMovement,
} from "./decide-usage.js";
import { type ClaimedEvent, insertOutcomes, type Lane } from "./store/lanes.js";

/** Events that are decided, and what is on its way to the database. */
export interface EventsApplied {
  readonly outcomes: readonly Outcome[];
  readonly written: readonly Promise<void>[];
}

/**
 * Applies claimed events of a lane, in their order, and keeps what was not applied in full.
 *
 * @param claimed settles when it is sure that the events are still to be applied; nothing is written before
 */
export async function applyEvents(
  ctx: MeteringContext,
  trx: Trx,
  { projectId }: Lane,
  events: readonly ClaimedEvent[],
  claimed: Promise<unknown> = Promise.resolve(),
): Promise<EventsApplied> {
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
  if (movements.length === 0) {
    await claimed;
    return { outcomes, written: [insertOutcomes(trx, projectId, outcomes)] };
  }
  const { verdicts, written } = await streamMovements(trx, movements, () => claimed);
  for (const verdict of verdicts) {
    const outcome = verdict.approved ? outcomeOf(verdict.value) : undefined;
    if (outcome !== undefined) outcomes.push(outcome);
  }
  return { outcomes, written: [...written, insertOutcomes(trx, projectId, outcomes)] };
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
