import type { Config } from "../platform/config/config.js";
import type { Context } from "../platform/context.js";
import type { JobTicket } from "../platform/jobs/define-job.js";
import type { Progress } from "../platform/jobs/start-workers.js";
import type { Metrics } from "../platform/metrics/create-metrics.js";
import type { QueueEngine } from "../platform/queue/engine.js";

/** What watching a process and serving its operators needs. The context of the app fits. */
export interface OpsContext
  extends Pick<Context, "db" | "log" | "clock" | "vault" | "publicUrl" | "ringer"> {
  readonly engine: QueueEngine;
  readonly metrics: Metrics;
  readonly config: Pick<Config, "operator" | "metricsToken"> & {
    readonly stripe: Pick<Config["stripe"], "apiBase">;
  };
}

/** A part of this process that must keep moving: its workers, its scheduler. */
export interface WatchedPart {
  readonly name: string;
  readonly progress: () => Progress;
}

/** What this process consists of, as only the app knows it. */
export interface Watched {
  /** Every declared job, whether this process runs it or not: their queues are counted and shown. */
  readonly jobs: readonly Pick<JobTicket, "name" | "queue">[];
  /** Empty for web. Read at each check, so parts may be added while the process starts. */
  readonly parts: readonly WatchedPart[];
  /** True where there is no use without the queue: a worker. Web accepts with Postgres alone. */
  readonly needsQueue: boolean;
}
