import { checkMigrations } from "../platform/db/durability.js";
import { reasonOf } from "../platform/queue/log.js";
import { within } from "../platform/queue/within.js";
import type { OpsContext, Watched } from "./context.js";
import { type HealthReport, reportOf, type WeighedCheck } from "./rules.js";

const answerWithinMs = 1_000;

/**
 * Asks the database, its migrations and the queue at once, and gives each a second. Never throws: whoever does not
 * answer is a check that failed.
 */
export async function readReadiness(
  ctx: Pick<OpsContext, "db" | "engine">,
  watched: Pick<Watched, "needsQueue">,
): Promise<HealthReport> {
  return reportOf(
    await Promise.all([
      check("database", true, async () => {
        const startMs = performance.now();
        await ctx.db.raw("select 1");
        return `answered in ${Math.round(performance.now() - startMs)} ms`;
      }),
      check("migrations", true, async () => {
        const problems = await checkMigrations(ctx.db);
        if (problems.length === 0) return "current";
        throw new Error(problems.map(({ what, fix }) => `${what} ${fix}`).join(" "));
      }),
      check("queue", watched.needsQueue, async () => {
        await ctx.engine.ping(answerWithinMs);
        return `answers on ${ctx.engine.kind}`;
      }),
    ]),
  );
}

async function check(
  name: string,
  vital: boolean,
  ask: () => Promise<string>,
): Promise<WeighedCheck> {
  try {
    const detail = await within(ask(), answerWithinMs, `asking for ${name}`);
    return { name, ok: true, detail, vital };
  } catch (error) {
    return { name, ok: false, detail: shortened(reasonOf(error)), vital };
  }
}

/** What anybody may read: no address of a server, no statement. */
function shortened(reason: string): string {
  return reason
    .replace(/\b(?:ECONN\w+|EHOST\w+|ENOTFOUND|EAI_AGAIN)\b.*/s, "cannot be reached")
    .slice(0, 300);
}
