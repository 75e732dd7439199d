import { newId, type ProjectId } from "../kernel/ids.js";
import type { Trx } from "../platform/db/connect.js";
import type { StripeEventId } from "./rules.js";
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

/** An event to ring for, once it is committed. */
export interface EventTicket {
  readonly id: StripeEventId;
  readonly type: string;
}

/**
 * Puts those of the events into the inbox that it lacks, for events that Stripe did not deliver. Answers them: once
 * they are committed, `ringForEvents` wakes a worker, and otherwise the sweep does.
 */
export async function recordListedEvents(
  trx: Trx,
  { projectId, accountId, events }: ListedEvents,
): Promise<readonly EventTicket[]> {
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
  return rows.filter(({ id }) => recorded.has(id)).map(({ id, type }) => ({ id, type }));
}
