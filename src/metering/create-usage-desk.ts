import { createCoalescer } from "../platform/batching/coalesce.js";
import { type Admitted, createAdmission } from "./admit-usage.js";
import { databaseErrorKind } from "../platform/db/errors.js";
import type { MeteringContext } from "./context.js";
import { createLaneBell } from "./lane-bell.js";
import type { UsageRequest } from "./price-usage.js";

/** Takes usage that is applied later. */
export interface UsageDesk {
  /** Resolves once the events are committed, now or before. */
  readonly accept: (request: UsageRequest) => Promise<readonly Admitted[]>;
  /** Waits until everything accepted is committed and rung for. */
  readonly drained: () => Promise<void>;
}

/** Events of one commit: enough to make it cheap, few enough to keep it short. */
const eventsPerCommit = 1_000;
const commitsMax = 2;
/** Events that wait for a commit, whatever the number of requests that carry them. */
const eventsWaitingMax = 50_000;

/** Requests of the same moment are committed together; a lone one waits for nobody. */
export function createUsageDesk(ctx: MeteringContext): UsageDesk {
  const admit = createAdmission(ctx);
  const bell = createLaneBell(ctx);
  const requests = createCoalescer<UsageRequest, readonly Admitted[]>({
    batchMax: eventsPerCommit,
    weightOf: ({ events }) => events.length,
    flushesMax: commitsMax,
    waitingMax: eventsWaitingMax,
    isolates: (error) => databaseErrorKind(error) !== "unavailable",
    flush: async (batch) => {
      const { results, batches } = await admit(batch);
      const accepted = results.flat().filter(({ status }) => status === "accepted").length;
      ctx.metrics.add("usage_accepted_events_total", {}, accepted);
      bell.ring(batches);
      return results;
    },
  });
  return {
    accept: requests.add,
    drained: async () => {
      await requests.drained();
      await bell.drained();
    },
  };
}
