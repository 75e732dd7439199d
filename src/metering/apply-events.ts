import type { Movement } from "../ledger/decide-all.js";
import { applyMovements } from "../ledger/post-movements.js";
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

/** Applies claimed events of a lane, in their order, and keeps what was not applied in full. */
export async function applyEvents(
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
