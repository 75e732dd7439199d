/**
 * A worker process for tests that kill it: takes a job, says so on standard output, and then hangs for good. Its
 * settings are JSON in the first argument.
 */
import { z } from "zod";
import { defineJob } from "../../../src/platform/jobs/define-job.js";
import { startWorkers } from "../../../src/platform/jobs/start-workers.js";
import { openQueueEngine } from "../../../src/platform/queue/engine.js";
import { silentLog } from "../queue/silent-log.js";

const settings = z
  .object({
    databaseUrl: z.string(),
    redisUrl: z.string().optional(),
    name: z.string(),
    queue: z.string(),
    timing: z.object({ lockDurationMs: z.number(), stalledIntervalMs: z.number() }).optional(),
  })
  .parse(JSON.parse(process.argv[2] ?? "{}"));

const job = defineJob({
  name: settings.name,
  queue: settings.queue,
  payload: z.object({ id: z.string() }),
  timeoutMs: 600_000,
  run: async (_ctx, { id }) => {
    process.stdout.write(`took ${id}\n`);
    return new Promise(() => undefined);
  },
});
const engine = await openQueueEngine({
  databaseUrl: settings.databaseUrl,
  redisUrl: settings.redisUrl,
  log: silentLog,
});
await startWorkers({
  engine,
  jobs: [job],
  ctx: {},
  concurrency: 1,
  log: silentLog,
  ...(settings.timing === undefined ? {} : { timing: settings.timing }),
});
