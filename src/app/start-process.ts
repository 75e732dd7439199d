import type { Config } from "../platform/config/config.js";
import { assertBootable } from "../platform/db/durability.js";
import { databaseErrorKind } from "../platform/db/errors.js";
import { type RunningWorkers, startWorkers } from "../platform/jobs/start-workers.js";
import { type RunningScheduler, startScheduler } from "../platform/schedules/start-scheduler.js";
import { type Monitor, startMonitor } from "../ops/start-monitor.js";
import type { WatchedPart } from "../ops/context.js";
import { configureProject } from "../tenancy/configure-project.js";
import { type AppContext, openContext } from "./context.js";
import { jobs } from "./jobs.js";
import { projectSettings } from "./project-settings.js";
import { schedulesOf } from "./schedules.js";
import { type RunningWeb, startHealth, startWeb } from "./http.js";

export type Role = "web" | "worker" | "scheduler";

export interface ProcessOptions {
  readonly config: Config;
  readonly databaseUrl: string;
  /** Shown in logs and in the database's list of sessions. */
  readonly name: string;
  readonly roles: readonly Role[];
}

export interface RunningProcess {
  readonly ctx: AppContext;
  /** Where HTTP is served; `undefined` for a worker or scheduler without `HEALTH_PORT`. */
  readonly url: string | undefined;
  /** Stops taking work, finishes what was accepted, closes everything. */
  readonly stop: () => Promise<void>;
}

const bootWaitMs = 30_000;
const bootRetryMs = 500;

/**
 * Starts the parts of one process. Refuses to run on a database that may lose money or lacks migrations, and says
 * why; waits up to half a minute for one that does not answer yet.
 */
export async function startProcess(options: ProcessOptions): Promise<RunningProcess> {
  const { config, name, roles, databaseUrl } = options;
  const ctx = await openContext(config, { name, databaseUrl });
  try {
    await waitForDatabase(ctx);
    if (roles.includes("web")) await configureFromEnvironment(ctx);
    return await startRoles(ctx, roles);
  } catch (error) {
    await ctx.close();
    throw error;
  }
}

async function waitForDatabase(ctx: AppContext): Promise<void> {
  const endMs = performance.now() + bootWaitMs;
  for (;;) {
    try {
      for (const { what, why, fix } of await assertBootable(ctx.db))
        ctx.log.warn({ why, fix }, what);
      return;
    } catch (error) {
      if (databaseErrorKind(error) !== "unavailable" || performance.now() > endMs) throw error;
      ctx.log.warn({ error }, "waiting for the database");
      await new Promise((resolve) => setTimeout(resolve, bootRetryMs));
    }
  }
}

async function configureFromEnvironment(ctx: AppContext): Promise<void> {
  const settings = projectSettings(ctx.config);
  if (settings !== undefined) await configureProject(ctx, settings);
}

async function startRoles(ctx: AppContext, roles: readonly Role[]): Promise<RunningProcess> {
  const workers = roles.includes("worker") ? await runWorkers(ctx) : undefined;
  const scheduler = roles.includes("scheduler") ? runScheduler(ctx) : undefined;
  const monitor = startMonitor(ctx, {
    jobs,
    parts: watchedParts(workers, scheduler),
    // A process that also serves web stays ready without its queue: accepting needs Postgres alone.
    needsQueue: workers !== undefined && !roles.includes("web"),
  });
  const web = roles.includes("web")
    ? await startWeb(ctx, monitor)
    : await startHealth(ctx, monitor);
  ctx.log.info({ roles, queue: ctx.engine.kind, url: web?.url }, "ready");
  return { ctx, url: web?.url, stop: () => stopRoles(ctx, { web, workers, scheduler, monitor }) };
}

function runWorkers(ctx: AppContext): Promise<RunningWorkers> {
  return startWorkers({
    engine: ctx.engine,
    jobs,
    ctx,
    concurrency: ctx.config.workerConcurrency,
    log: ctx.log,
    onOutcome: ({ job, outcome, durationMs }) =>
      ctx.metrics.observe("job_duration_seconds", { job, outcome }, durationMs / 1_000),
  });
}

function runScheduler(ctx: AppContext): RunningScheduler {
  return startScheduler({ db: ctx.db, schedules: schedulesOf(ctx.config), ctx, log: ctx.log });
}

function watchedParts(
  workers: RunningWorkers | undefined,
  scheduler: RunningScheduler | undefined,
): readonly WatchedPart[] {
  return [
    ...(workers === undefined ? [] : [{ name: "workers", progress: () => workers.progress() }]),
    ...(scheduler === undefined
      ? []
      : [{ name: "scheduler", progress: () => scheduler.progress() }]),
  ];
}

interface Parts {
  readonly web: RunningWeb | undefined;
  readonly workers: RunningWorkers | undefined;
  readonly scheduler: RunningScheduler | undefined;
  readonly monitor: Monitor;
}

/** What comes late still gets a moment, so that it can give back what it holds. */
const stopStepMinMs = 1_000;

/**
 * Front doors first, so that nothing new is accepted while the rest finishes. All steps share one deadline: whoever
 * stops a process kills it soon after `shutdownTimeoutMs`, however many steps there are.
 */
async function stopRoles(
  ctx: AppContext,
  { web, workers, scheduler, monitor }: Parts,
): Promise<void> {
  const endMs = performance.now() + ctx.config.shutdownTimeoutMs;
  const remaining = () => ({ timeoutMs: Math.max(stopStepMinMs, endMs - performance.now()) });
  await web?.stop(remaining());
  const timeLeft = remaining();
  await Promise.all([workers?.stop(timeLeft), scheduler?.stop(timeLeft)]);
  monitor.stop();
  await ctx.close();
  ctx.log.info({}, "stopped");
}
