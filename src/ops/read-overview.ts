import { listQuarantined, type QuarantinedPurchase } from "../checkout/list-quarantined.js";
import { listUnclear } from "../checkout/purchases/list-unclear.js";
import type { Purchase } from "../checkout/rules.js";
import {
  listQuarantinedBatches,
  type QuarantinedBatch,
} from "../metering/list-quarantined-batches.js";
import { reasonOf } from "../platform/queue/log.js";
import { within } from "../platform/queue/within.js";
import { readSchedules, type ScheduleState } from "../platform/schedules/store.js";
import { listUnfinished, type UnfinishedRefund } from "../reversals/list-unfinished.js";
import { listTroubledEvents, type TroubledEvent } from "../stripe-events/list-troubled-events.js";
import { type InboxLag, measureInbox } from "../stripe-events/measure-inbox.js";
import { listPausedProjects } from "../tenancy/read-project.js";
import type { Project } from "../tenancy/rules.js";
import type { OpsContext } from "./context.js";
import type { QueueState } from "./read-queues.js";
import type { Check } from "./rules.js";
import type { Monitor } from "./start-monitor.js";

/** What was read, or why it could not be: the page must come up while the database is down. */
export type Section<T> = { readonly data: T } | { readonly why: string };

export interface Overview {
  readonly nowMs: number;
  readonly checks: readonly Check[];
  readonly inbox: Section<InboxLag>;
  readonly queues: readonly QueueState[];
  readonly paused: Section<readonly Project[]>;
  readonly quarantined: Section<readonly QuarantinedPurchase[]>;
  readonly refunds: Section<readonly UnfinishedRefund[]>;
  readonly unclear: Section<readonly Purchase[]>;
  readonly usage: Section<readonly QuarantinedBatch[]>;
  readonly events: Section<readonly TroubledEvent[]>;
  readonly schedules: Section<readonly ScheduleState[]>;
  /** False when payments go to a simulator, which has no dashboard to link to. */
  readonly linksToStripe: boolean;
}

export const shownMax = 50;
const readWithinMs = 3_000;

/** Everything on the overview, read at once. Never throws, takes about three seconds at most. */
export async function readOverview(ctx: OpsContext, monitor: Monitor): Promise<Overview> {
  const limit = shownMax;
  const [readiness, inbox, queues, schedules, ...waiting] = await Promise.all([
    monitor.readiness(),
    section(measureInbox(ctx)),
    monitor.queues(),
    section(readSchedules(ctx.db)),
    section(listPausedProjects(ctx, { limit })),
    section(listQuarantined(ctx, { limit })),
    section(listUnfinished(ctx, { limit })),
    section(listUnclear(ctx, { limit })),
    section(listQuarantinedBatches(ctx, { limit })),
    section(listTroubledEvents(ctx, { limit })),
  ]);
  const [paused, quarantined, refunds, unclear, usage, events] = waiting;
  return {
    nowMs: ctx.clock.nowMs(),
    checks: [...readiness.checks, ...monitor.health().checks],
    inbox,
    queues,
    paused,
    quarantined,
    refunds,
    unclear,
    usage,
    events,
    schedules,
    linksToStripe: ctx.config.stripe.apiBase === undefined,
  };
}

async function section<T>(read: Promise<T>): Promise<Section<T>> {
  try {
    return { data: await within(read, readWithinMs, "reading") };
  } catch (error) {
    return { why: reasonOf(error) };
  }
}
