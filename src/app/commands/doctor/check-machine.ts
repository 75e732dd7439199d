import { isOverdue } from "../../../ops/rules.js";
import { checkDurability, checkMigrations } from "../../../platform/db/durability.js";
import { openQueueEngine, type QueueEngine } from "../../../platform/queue/engine.js";
import { readSchedules } from "../../../platform/schedules/store.js";
import type { CommandContext } from "../command-context.js";
import { jobs } from "../../jobs.js";
import { type Check, check, type Finding, ok, skipped, warn } from "./check.js";
import { judgeClock, judgeProblems, judgeQueue } from "./rules.js";

const pingWithinMs = 3_000;

/** What Chargly stands on: database, queue, scheduler, clock. The database comes first. */
export async function checkDatabase(ctx: CommandContext): Promise<Check> {
  return check("database", "Check DATABASE_URL, and that PostgreSQL runs.", async () => {
    const startMs = performance.now();
    const { rows } = await ctx.db.raw<{ rows: { version: string }[] }>(
      "select current_setting('server_version') as version",
    );
    const tookMs = Math.round(performance.now() - startMs);
    return ok(`PostgreSQL ${rows[0]?.version ?? "?"}, connected in ${tookMs} ms`);
  });
}

export async function checkSettings(ctx: CommandContext): Promise<readonly Check[]> {
  return [
    await check("durability", "See the settings of the server.", async () =>
      judgeProblems(await checkDurability(ctx.db), "what is committed survives a crash"),
    ),
    await check("migrations", "Run: chargly migrate", async () =>
      judgeProblems(await checkMigrations(ctx.db), "up to date"),
    ),
    await check("clock", "Check the database.", async () =>
      judgeClock("database", await databaseAheadMs(ctx)),
    ),
  ];
}

async function databaseAheadMs({ db, clock }: CommandContext): Promise<number> {
  await db.raw("select 1"); // opening a connection is no part of the question
  const askedMs = clock.nowMs();
  const { rows } = await db.raw<{ rows: { now: Date }[] }>("select clock_timestamp() as now");
  const middleMs = (askedMs + clock.nowMs()) / 2;
  return (rows[0]?.now.getTime() ?? middleMs) - middleMs;
}

export async function checkQueue(ctx: CommandContext): Promise<Check> {
  const where = ctx.config.redisUrl === undefined ? "PostgreSQL" : "REDIS_URL and Redis";
  return check("queue", `Check ${where}.`, async () => {
    if (ctx.config.redisUrl === undefined && !(await hasQueueSchema(ctx)))
      return warn("its tables are not made yet", "They are made when web or worker starts.");
    const { databaseUrl, log } = ctx;
    const redisUrl = ctx.config.redisUrl?.reveal();
    const engine = await openQueueEngine({ databaseUrl, redisUrl, log });
    try {
      await engine.ping(pingWithinMs);
      return judgeQueue(engine.kind, await oldestWaitSeconds(engine, ctx.clock.nowMs()));
    } finally {
      await engine.close();
    }
  });
}

/** Asking the queue would make its tables, and a doctor changes nothing. */
async function hasQueueSchema({ db }: CommandContext): Promise<boolean> {
  const { rows } = await db.raw<{ rows: { found: boolean }[] }>(
    "select to_regnamespace('bullmq') is not null as found",
  );
  return rows[0]?.found === true;
}

async function oldestWaitSeconds(engine: QueueEngine, nowMs: number): Promise<number | undefined> {
  const names = [...new Set(jobs.map(({ queue }) => queue))];
  const waiting = await Promise.all(names.map((name) => engine.queue(name).getWaiting(0, 0)));
  const since = waiting.flat().map(({ timestamp }) => timestamp);
  return since.length === 0 ? undefined : Math.max(0, nowMs - Math.min(...since)) / 1_000;
}

export async function checkScheduler(ctx: CommandContext): Promise<Check> {
  const fix = "Start the scheduler: without it nothing is swept, checked or retried.";
  return check("scheduler", fix, async (): Promise<Finding> => {
    const schedules = await readSchedules(ctx.db);
    if (schedules.length === 0) return warn("has never run", fix);
    const overdue = schedules.filter((schedule) => isOverdue(schedule, ctx.clock.nowMs()));
    if (overdue.length > 0)
      return warn(`overdue: ${overdue.map(({ name }) => name).join(", ")}`, fix);
    const failing = schedules.filter(({ failures }) => failures > 0);
    if (failing.length > 0)
      return warn(
        failing.map(({ name, lastError }) => `${name} fails: ${lastError ?? "?"}`).join("; "),
        "See what the scheduler logs.",
      );
    return ok(`runs ${schedules.length} schedules in time`);
  });
}

/** The names of the checks that need the tables, when there are none to look at. */
export function skippedFor(reason: string, names: readonly string[]): readonly Check[] {
  return names.map((name) => ({ name, ...skipped(reason) }));
}
