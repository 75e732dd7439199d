import { LRUCache } from "lru-cache";
import { newId, type ProjectId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusals.js";
import { approvedOrThrow } from "../kernel/verdict.js";
import { type Coalescer, createCoalescer } from "../platform/batching/coalesce.js";
import type { Context } from "../platform/context.js";
import type { Database } from "../platform/db/connect.js";
import { readWebhookTrust, type WebhookTrust } from "../tenancy/read-stripe-access.js";
import { ringForEvents } from "./jobs.js";
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
  /** Waits until everything accepted is committed. */
  readonly drained: () => Promise<void>;
}

/** A new signing secret, or a retired one, is in force everywhere within this time. */
const trustTtlMs = 1_000;
const projectsMax = 10_000;
const batchMax = 200;
const flushesMax = 2;
const waitingMax = 5_000;

/** The front door for Stripe's events: thin, because Stripe waits and repeats what is not answered. */
export function createReceiver(ctx: ReceiveContext): Receiver {
  const trust = new LRUCache<ProjectId, { readonly trust: WebhookTrust | undefined }>({
    max: projectsMax,
    ttl: trustTtlMs,
    fetchMethod: async (projectId) => ({
      trust: await readWebhookTrust({ db: ctx.inboxDb, vault: ctx.vault }, projectId),
    }),
  });
  const inbox = createInbox(ctx);
  return {
    receive: async ({ projectId, body, signature }) => {
      const known = (await trust.fetch(projectId))?.trust;
      if (known === undefined)
        throw new Refusal("not_found", {
          detail: "No project takes Stripe events at this address.",
        });
      const event = approvedOrThrow(verifyEvent(body, signature, known.secrets, ctx.clock.nowMs()));
      return inbox.add(toNewEvent(event, projectId, known));
    },
    drained: inbox.drained,
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

/** Deliveries of the same moment are committed in one statement, and rung for together. */
function createInbox(ctx: ReceiveContext): Coalescer<NewEvent, "recorded" | "duplicate"> {
  return createCoalescer({
    batchMax,
    flushesMax,
    waitingMax,
    flush: async (events) => {
      const recorded = await insertEvents(ctx.inboxDb, events);
      const fresh = events.filter((event) => recorded.has(event.id));
      if (fresh.length > 0)
        ringForEvents(ctx.ringer, fresh).catch((error: unknown) =>
          ctx.log.error({ error }, "ringing for Stripe events failed"),
        );
      return events.map((event) => (recorded.has(event.id) ? "recorded" : "duplicate"));
    },
  });
}
