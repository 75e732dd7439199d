import { Gauge } from "prom-client";
import { countUnsettled } from "../checkout/count-unsettled.js";
import { within } from "../platform/queue/within.js";
import { measureInbox } from "../stripe-events/measure-inbox.js";
import { countPausedProjects } from "../tenancy/read-project.js";
import type { OpsContext } from "./context.js";
import { jobStates } from "./read-queues.js";
import { readPool } from "./read-pool.js";
import type { Monitor } from "./start-monitor.js";

/** The text that Prometheus scrapes. */
export interface MetricsPage {
  render(): Promise<string>;
  readonly contentType: string;
}

const readWithinMs = 2_000;

/**
 * Adds what is read at each scrape to the process's own metrics: queues, inbox, purchases, pool, health. What cannot be
 * read now is left out, so that a gap shows as a gap. Once per registry: a name is registered once.
 */
export function createMetricsPage(ctx: OpsContext, monitor: Monitor): MetricsPage {
  const gauges = createGauges(ctx.metrics.registry);
  let running: Promise<string> | undefined;
  const render = async (): Promise<string> => {
    await Promise.all([
      readQueuesInto(gauges, monitor),
      readDatabaseInto(gauges, ctx).catch((error: unknown) =>
        ctx.log.warn({ error }, "some metrics could not be read from the database"),
      ),
    ]);
    readProcessInto(gauges, ctx, monitor);
    return ctx.metrics.render();
  };
  return {
    contentType: ctx.metrics.contentType,
    // Several scrapers at once share one reading.
    render: () => {
      running ??= render().finally(() => {
        running = undefined;
      });
      return running;
    },
  };
}

type Gauges = ReturnType<typeof createGauges>;

function createGauges(registry: OpsContext["metrics"]["registry"]) {
  const gauge = <Label extends string = never>(
    name: string,
    help: string,
    labelNames: Label[] = [],
  ) => new Gauge({ name, help, labelNames, registers: [registry] });
  return {
    queueJobs: gauge("queue_jobs", "Jobs in a queue, by state.", ["queue", "state"]),
    queueUp: gauge("queue_up", "1 when the queue could be counted just now.", ["queue"]),
    inboxWaiting: gauge("stripe_inbox_waiting_events", "Stripe events that wait for their effect."),
    inboxOldest: gauge(
      "stripe_inbox_oldest_seconds",
      "Since the oldest Stripe event that waits for its effect arrived; 0 when none waits.",
    ),
    inboxFailed: gauge(
      "stripe_inbox_failed_events",
      "Stripe events that were given up, at most 10,000.",
    ),
    purchases: gauge(
      "purchases_unsettled",
      "Purchases without an end: open ones wait for a payment, quarantined ones for a person.",
      ["state"],
    ),
    paused: gauge(
      "projects_paused",
      "Projects of which an invariant is broken: their usage waits.",
    ),
    pool: gauge(
      "database_pool_connections",
      "Connections of this process: used, free; and queries waiting for one.",
      ["state"],
    ),
    health: gauge("health_check_ok", "1 when a check of /healthz holds.", ["check"]),
  };
}

async function readQueuesInto({ queueJobs, queueUp }: Gauges, monitor: Monitor): Promise<void> {
  const queues = await monitor.queues();
  queueJobs.reset();
  for (const { name, counts } of queues) {
    queueUp.set({ queue: name }, counts === undefined ? 0 : 1);
    if (counts === undefined) continue;
    for (const state of jobStates) queueJobs.set({ queue: name, state }, counts[state]);
  }
}

async function readDatabaseInto(gauges: Gauges, ctx: OpsContext): Promise<void> {
  const { inboxWaiting, inboxOldest, inboxFailed, purchases, paused } = gauges;
  // Resetting a gauge without labels would show a zero that nobody read.
  for (const each of [inboxWaiting, inboxOldest, inboxFailed, paused]) each.remove();
  purchases.reset();
  const reading = Promise.all([measureInbox(ctx), countUnsettled(ctx), countPausedProjects(ctx)]);
  const [inbox, unsettled, pausedCount] = await within(reading, readWithinMs, "reading metrics");
  inboxWaiting.set(inbox.waiting);
  inboxOldest.set(inbox.oldestSeconds);
  inboxFailed.set(inbox.failed);
  paused.set(pausedCount);
  purchases.set({ state: "open" }, unsettled.open);
  purchases.set({ state: "quarantined" }, unsettled.quarantined);
}

function readProcessInto({ pool, health }: Gauges, ctx: OpsContext, monitor: Monitor): void {
  const { used, free, waiting } = readPool(ctx.db);
  pool.set({ state: "used" }, used);
  pool.set({ state: "free" }, free);
  pool.set({ state: "waiting" }, waiting);
  for (const { name, ok } of monitor.health().checks) health.set({ check: name }, ok ? 1 : 0);
}
