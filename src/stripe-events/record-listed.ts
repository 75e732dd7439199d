import { newId, type ProjectId } from "../kernel/ids.js";
import type { Trx } from "../platform/db/connect.js";
import type { Ringer } from "../platform/jobs/ringer.js";
import { ringForEvents } from "./jobs.js";
import { insertEvents } from "./store.js";
import { storable } from "./verify-event.js";

/** Events as Stripe's own list of them has them: they come over our connection, so nobody has to sign them. */
export interface ListedEvents {
  readonly projectId: ProjectId;
  readonly accountId: string;
  readonly events: readonly {
    readonly id: string;
    readonly type: string;
    readonly livemode: boolean;
  }[];
}

/**
 * Puts those of the events into the inbox that it lacks, for events that Stripe did not deliver. Answers how many that
 * were, and how to ring for them once that is committed; the sweep rings, too.
 */
export async function recordListedEvents(
  trx: Trx,
  { projectId, accountId, events }: ListedEvents,
  ringer: Ringer | undefined,
): Promise<{ readonly ingested: number; readonly ring: () => Promise<void> }> {
  const rows = events.map((event) => ({
    id: newId("stripeEvent"),
    projectId,
    accountId,
    livemode: event.livemode,
    eventId: event.id,
    type: event.type,
    payload: storable(JSON.stringify(event), event),
  }));
  const recorded = await insertEvents(trx, rows);
  const fresh = rows.filter(({ id }) => recorded.has(id));
  return {
    ingested: fresh.length,
    ring: async () => {
      if (ringer !== undefined) await ringForEvents(ringer, fresh);
    },
  };
}
