import { limitedFailureLog } from "../platform/queue/log.js";
import type { OpsContext, Watched } from "./context.js";
import { type QueueState, readQueues } from "./read-queues.js";
import { readReadiness } from "./read-readiness.js";
import { checkLoop, checkPart, type HealthReport, reportOf } from "./rules.js";
import { watchLoop } from "./watch-loop.js";

/** What this process can say about itself. One per process. */
export interface Monitor {
  /** Whether work progresses. Asks nobody, so it answers while everything else is down. */
  health(): HealthReport;
  /** Whether requests or jobs can be taken now. Takes 1 s at most; answers for half a second come from memory. */
  readiness(): Promise<HealthReport>;
  /** Every declared queue with its jobs, counted by state, or why it cannot be counted. */
  queues(): Promise<readonly QueueState[]>;
  readonly watched: Watched;
  stop(): void;
}

/** Anybody may ask for readiness, so its queries must not be a lever against the database. */
const readinessKeptMs = 500;

export function startMonitor(
  ctx: Pick<OpsContext, "db" | "engine" | "clock" | "log">,
  watched: Watched,
): Monitor {
  const loop = watchLoop();
  const failed = limitedFailureLog(ctx.log);
  let asked: { readonly atMs: number; readonly report: Promise<HealthReport> } | undefined;
  return {
    health: () => {
      const parts = watched.parts.map(({ name, progress }) => {
        const { healthy, why, lastProgressAt } = progress();
        const state = { name, healthy, why, lastProgressAtMs: lastProgressAt.getTime() };
        return checkPart(state, ctx.clock.nowMs());
      });
      return reportOf([checkLoop(loop.lagsMs()), ...parts]);
    },
    readiness: () => {
      const nowMs = performance.now();
      if (asked === undefined || nowMs - asked.atMs > readinessKeptMs)
        asked = { atMs: nowMs, report: readReadiness(ctx, watched, failed) };
      return asked.report;
    },
    queues: () => readQueues(ctx.engine, watched.jobs),
    watched,
    stop: () => loop.stop(),
  };
}
