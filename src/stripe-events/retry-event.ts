import type { ProjectId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusals.js";
import type { Context } from "../platform/context.js";
import { recordAudit } from "../tenancy/record-audit.js";
import type { StripeEventId } from "./rules.js";
import { findEventId, findEventStatus, reopenEvent } from "./store.js";

/** The same by our own id of the event, `sev_…`. */
export async function retryEventById(
  ctx: Pick<Context, "db">,
  projectId: ProjectId,
  id: StripeEventId,
  actor: string,
): Promise<void> {
  const eventId = await findEventId(ctx.db, projectId, id);
  if (eventId === undefined) throw noEvent();
  await retryEvent(ctx, projectId, eventId, actor);
}

/**
 * Has an event processed again that was given up or that nothing handled; the next sweep rings for it. Handling an
 * event looks at the facts of today, so doing it again is always safe.
 *
 * @param eventId `evt_…`
 * @throws Refusal `not_found`, or `conflict` when the event is not one of those
 */
export async function retryEvent(
  ctx: Pick<Context, "db">,
  projectId: ProjectId,
  eventId: string,
  actor: string,
): Promise<void> {
  await ctx.db.transaction(async (trx) => {
    const status = await findEventStatus(trx, projectId, eventId);
    if (status === undefined) throw noEvent();
    if (!(await reopenEvent(trx, projectId, eventId)))
      throw new Refusal("conflict", {
        detail:
          status === "received"
            ? "The event is waiting to be processed already."
            : `The event was ${status}; there is nothing to try again.`,
      });
    await recordAudit(trx, { projectId, actor, action: "stripe_event.retry", subject: eventId });
  });
}

function noEvent(): Refusal {
  return new Refusal("not_found", { detail: "The project has received no such event." });
}
