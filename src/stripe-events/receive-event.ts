import { LRUCache } from "lru-cache";
import { newId, type ProjectId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusals.js";
import { approvedOrThrow } from "../kernel/verdict.js";
import { type Coalescer, createCoalescer } from "../platform/batching/coalesce.js";
import type { Context } from "../platform/context.js";
import type { Database } from "../platform/db/connect.js";
import { readWebhookTrust, type WebhookTrust } from "../tenancy/read-stripe-access.js";
import { eventsPerJob, ringForEvents } from "./jobs.js";
import { insertEvents, type NewEvent } from "./store.js";
import { type VerifiedEvent, verifyEvent } from "./verify-event.js";

export type ReceiveContext = Pick<Context, "vault" | "log" | "clock" | "ringer"> & {
  /** A pool of its own with short timeouts, so that Stripe hears of a dead database within two seconds. */
  readonly inboxDb: Database;
};

export interface Delivery {
  readonly projectId: ProjectId;
  readonly body: Buffer;
  readonly signature: string | undefined;
}

export interface Receiver {
  /** Verifies, commits, rings. Resolves once the event is committed, now or before; `duplicate` when before. */
  readonly receive: (delivery: Delivery) => Promise<"recorded" | "duplicate">;
  /** Waits until everything accepted is committed and rung for. */
  readonly drained: () => Promise<void>;
}

/** A new signing secret, or a retired one, is in force everywhere within this time. */
const trustTtlMs = 1_000;
const projectsMax = 10_000;
const batchMax = 200;
const flushesMax = 2;
const waitingMax = 5_000;
const ringsWaitingMax = 20_000;

/** The front door for Stripe's events: thin, because Stripe waits and repeats what is not answered. */
export function createReceiver(ctx: ReceiveContext): Receiver {
  const trust = new LRUCache<ProjectId, { readonly trust: WebhookTrust | undefined }>({
    max: projectsMax,
    ttl: trustTtlMs,
    fetchMethod: async (projectId) => ({
      trust: await readWebhookTrust({ db: ctx.inboxDb, vault: ctx.vault }, projectId),
    }),
  });
  const bell = createBell(ctx);
  const inbox = createInbox(ctx, bell);
  return {
    receive: async ({ projectId, body, signature }) => {
      const known = (trust.get(projectId) ?? (await trust.fetch(projectId)))?.trust;
      if (known === undefined)
        throw new Refusal("not_found", {
          detail: "No project takes Stripe events at this address.",
        });
      const event = approvedOrThrow(verifyEvent(body, signature, known.secrets, ctx.clock.nowMs()));
      return inbox.add(toNewEvent(event, projectId, known));
    },
    drained: async () => {
      await inbox.drained();
      await bell.drained();
    },
  };
}

function toNewEvent(event: VerifiedEvent, projectId: ProjectId, trust: WebhookTrust): NewEvent {
  return {
    id: newId("stripeEvent"),
    projectId,
    accountId: event.account ?? trust.accountId,
    livemode: event.livemode,
    eventId: event.id,
    type: event.type,
    payload: event.payload,
  };
}

/** Deliveries of the same moment are committed in one statement. */
function createInbox(
  ctx: ReceiveContext,
  bell: Bell,
): Coalescer<NewEvent, "recorded" | "duplicate"> {
  return createCoalescer({
    batchMax,
    flushesMax,
    waitingMax,
    flush: async (events) => {
      const recorded = await insertEvents(ctx.inboxDb, events);
      for (const event of events) if (recorded.has(event.id)) bell.ring(event);
      return events.map((event) => (recorded.has(event.id) ? "recorded" : "duplicate"));
    },
  });
}

interface Bell {
  readonly ring: (event: NewEvent) => void;
  readonly drained: () => Promise<void>;
}

/**
 * Rings once at a time: what is committed meanwhile is rung for together, so the queue is asked less often the more
 * arrives. Nobody waits for it, and what is not heard is swept.
 */
function createBell(ctx: ReceiveContext): Bell {
  const rings = createCoalescer<NewEvent, undefined>({
    // One job at a time: on Postgres, adding several in one statement costs many times what single ones do.
    batchMax: eventsPerJob,
    flushesMax: 1,
    waitingMax: ringsWaitingMax,
    flush: async (events) => {
      await ringForEvents(ctx.ringer, events);
      return events.map(() => undefined);
    },
  });
  return {
    ring: (event) => {
      rings
        .add(event)
        .catch((error: unknown) => ctx.log.error({ error }, "ringing for Stripe events failed"));
    },
    drained: rings.drained,
  };
}
