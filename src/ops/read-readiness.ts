import { checkMigrations } from "../platform/db/durability.js";
import { databaseErrorKind } from "../platform/db/errors.js";
import type { FailureLog } from "../platform/queue/log.js";
import { TookTooLong, within } from "../platform/queue/within.js";
import { countPausedProjects } from "../tenancy/read-project.js";
import type { OpsContext, Watched } from "./context.js";
import { type HealthReport, reportOf, type WeighedCheck } from "./rules.js";

const answerWithinMs = 1_000;

/** What was found, in our own words: anybody may read them. */
type Finding = Pick<WeighedCheck, "ok" | "detail">;
const sound = (detail: string): Finding => ({ ok: true, detail });

/**
 * Asks the database, its migrations, the projects and the queue at once, and gives each a second. Never throws: whoever does not
 * answer is a check that failed.
 *
 * @param failed is told why: the report is public, and a server's own words name users and databases
 */
export async function readReadiness(
  ctx: Pick<OpsContext, "db" | "engine">,
  watched: Pick<Watched, "needsQueue">,
  failed: FailureLog,
): Promise<HealthReport> {
  const check = async (
    name: string,
    vital: boolean,
    ask: () => Promise<Finding>,
  ): Promise<WeighedCheck> => {
    try {
      return { name, vital, ...(await within(ask(), answerWithinMs, `asking for ${name}`)) };
    } catch (error) {
      failed(error, `not ready: ${name}`);
      return { name, vital, ok: false, detail: publicReason(error) };
    }
  };
  return reportOf(
    await Promise.all([
      check("database", true, () => askDatabase(ctx)),
      check("migrations", true, () => askMigrations(ctx)),
      check("projects", false, () => askProjects(ctx)),
      check("queue", watched.needsQueue, async () => {
        await ctx.engine.ping(answerWithinMs);
        return sound(`answers on ${ctx.engine.kind}`);
      }),
    ]),
  );
}

async function askDatabase(ctx: Pick<OpsContext, "db">): Promise<Finding> {
  const startMs = performance.now();
  await ctx.db.raw("select 1");
  return sound(`answered in ${Math.round(performance.now() - startMs)} ms`);
}

async function askProjects(ctx: Pick<OpsContext, "db">): Promise<Finding> {
  const paused = await countPausedProjects(ctx);
  if (paused === 0) return sound("none is paused");
  return {
    ok: false,
    detail: `${paused} paused: an invariant of their books is broken; chargly doctor says which`,
  };
}

async function askMigrations(ctx: Pick<OpsContext, "db">): Promise<Finding> {
  const problems = await checkMigrations(ctx.db);
  if (problems.length === 0) return sound("current");
  return { ok: false, detail: problems.map(({ what, fix }) => `${what} ${fix}`).join(" ") };
}

/** Fixed words for each kind of failure: no address, no user, no name of a database, no statement. */
function publicReason(error: unknown): string {
  if (error instanceof TookTooLong) return "does not answer in time";
  if (databaseErrorKind(error) === "unavailable") return "cannot be reached";
  return "failed; the log of this process says why";
}
