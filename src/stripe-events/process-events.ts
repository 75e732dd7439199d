import type { Context } from "../platform/context.js";
import { readStripeAccess } from "../tenancy/read-stripe-access.js";
import {
  attemptsMax,
  type EventVerdict,
  type InboxEvent,
  retrySeconds,
  type StripeEventId,
} from "./rules.js";
import { finishEvent, postponeEvent, selectReceived } from "./store.js";

/** What to do about one type of event. It may run any number of times, at once, and in any order. */
export type EventHandler = (ctx: Context, event: InboxEvent) => Promise<EventVerdict>;

export interface ProcessContext extends Context {
  /** Event type to handler; made in `app/`, the only place that knows every domain. */
  readonly stripeHandlers: Readonly<Record<string, EventHandler>>;
}

/** With the jobs of one worker this stays below what Stripe and the database pool take at once. */
const sideBySideMax = 5;

/** Processes those of the events that still wait, some side by side. One that fails is tried again later, by itself. */
export async function processEvents(
  ctx: ProcessContext,
  ids: readonly StripeEventId[],
): Promise<void> {
  const waiting = [...(await selectReceived(ctx.db, ids))];
  const lane = async (): Promise<void> => {
    for (let event = waiting.shift(); event !== undefined; event = waiting.shift())
      await processEvent(ctx, event);
  };
  await Promise.all(Array.from({ length: sideBySideMax }, lane));
}

async function processEvent(ctx: ProcessContext, event: InboxEvent): Promise<void> {
  try {
    await finishEvent(ctx.db, event.id, await handle(ctx, event));
  } catch (error) {
    await retryLater(ctx, event, error);
  }
}

async function handle(ctx: ProcessContext, event: InboxEvent): Promise<EventVerdict> {
  const { accountId, livemode } = await readStripeAccess(ctx, event.projectId);
  if (event.accountId !== accountId || event.livemode !== livemode)
    return {
      status: "ignored",
      reason: `It is from ${event.livemode ? "live" : "test"} mode of ${event.accountId}; the project is connected to ${livemode ? "live" : "test"} mode of ${accountId}.`,
    };
  const handler = ctx.stripeHandlers[event.type];
  if (handler === undefined)
    return { status: "unhandled", reason: `There is no handler for ${event.type}.` };
  return handler(ctx, event);
}

async function retryLater(ctx: ProcessContext, event: InboxEvent, error: unknown): Promise<void> {
  const reason = error instanceof Error ? error.message : String(error);
  const { eventId, type } = event;
  const attempts = event.attempts + 1;
  if (attempts < attemptsMax) {
    ctx.log.warn({ error, eventId, type, attempts }, "a Stripe event will be tried again");
    await postponeEvent(ctx.db, event.id, { reason, seconds: retrySeconds(attempts) });
    return;
  }
  ctx.log.error(
    { alert: "stripe_event_failed", error, eventId, type },
    "a Stripe event was given up",
  );
  await finishEvent(ctx.db, event.id, { status: "failed", reason });
}
