import { present } from "../kernel/assert.js";
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
  const commit = async (requests: readonly UsageRequest[]) => {
    const { results, batches } = await admit(requests);
    const accepted = results.flat().filter(({ status }) => status === "accepted").length;
    ctx.metrics.add("usage_accepted_events_total", {}, accepted);
    bell.ring(batches);
    return results;
  };
  const requests = createCoalescer<UsageRequest, PromiseSettledResult<readonly Admitted[]>>({
    batchMax: eventsPerCommit,
    weightOf: ({ events }) => events.length,
    flushesMax: commitsMax,
    waitingMax: eventsWaitingMax,
    flush: async (batch) => {
      try {
        return (await commit(batch)).map((value) => ({ status: "fulfilled", value }));
      } catch (error) {
        // One request that the database cannot take must not cost the others theirs.
        if (batch.length === 1 || databaseErrorKind(error) === "unavailable") throw error;
        return commitEach(batch, commit);
      }
    },
  });
  return {
    accept: async (request) => {
      const result = await requests.add(request);
      if (result.status === "rejected") throw result.reason;
      return result.value;
    },
    drained: async () => {
      await requests.drained();
      await bell.drained();
    },
  };
}

/** One after the other: as many commits at once as there are requests would keep everybody else from the database. */
async function commitEach<T>(
  requests: readonly UsageRequest[],
  commit: (requests: readonly UsageRequest[]) => Promise<readonly T[]>,
): Promise<readonly PromiseSettledResult<T>[]> {
  const results: PromiseSettledResult<T>[] = [];
  let lost: PromiseRejectedResult | undefined;
  for (const request of requests) {
    const [result] = lost === undefined ? await Promise.allSettled([commit([request])]) : [lost];
    if (result.status === "fulfilled") {
      results.push({ status: "fulfilled", value: present(result.value[0], "one result each") });
    } else {
      results.push(result);
      // A database that went away is not asked again for each of the others.
      if (databaseErrorKind(result.reason) === "unavailable") lost = result;
    }
  }
  return results;
}
