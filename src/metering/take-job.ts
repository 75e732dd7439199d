import { type Admitted, createAdmission } from "./admit-usage.js";
import type { MeteringContext } from "./context.js";
import type { UsageBatch, UsageRequest } from "./price-usage.js";
import { type Recorded, recordedMax, recordUsage } from "./record-usage.js";
import { isFunded } from "./rules.js";

/** What became of the events of a job, and what waits to be applied. */
export interface TakenJob {
  readonly taken: readonly (Admitted | Recorded)[];
  readonly batches: readonly UsageBatch[];
}

/**
 * Takes the events of a job as those of a request are taken: what names a hold or a quote is applied at once, the
 * rest is accepted. Running it again changes nothing, because each event has an id.
 */
export async function takeJob(ctx: MeteringContext, request: UsageRequest): Promise<TakenJob> {
  const funded = request.events.filter(isFunded);
  const plain = request.events.filter((event) => !isFunded(event));
  const recorded: Recorded[] = [];
  for (let from = 0; from < funded.length; from += recordedMax) {
    const events = funded.slice(from, from + recordedMax);
    const order = { request: { ...request, events }, keepRefused: true };
    recorded.push(...(await recordUsage(ctx, [order])).flat());
  }
  if (plain.length === 0) return { taken: recorded, batches: [] };
  const admit = createAdmission(ctx);
  const { results, batches } = await admit([{ ...request, events: plain }]);
  const admitted = results.flat();
  const accepted = admitted.filter(({ status }) => status === "accepted").length;
  ctx.metrics.add("usage_accepted_events_total", {}, accepted);
  return { taken: [...recorded, ...admitted], batches };
}
