import type { ProjectId } from "../kernel/ids.js";
import type { Context } from "../platform/context.js";
import type { Database } from "../platform/db/connect.js";
import { lastClosedMonth } from "./month.js";
import { readSums } from "./read-month.js";
import { selectProjectWithout } from "./store.js";

export interface KeepingContext extends Pick<Context, "clock" | "log"> {
  /** For questions that take long. */
  readonly auditDb: Database;
}

/** What one project's month may take; some seconds per million transfers. */
const timeoutMs = 1_500_000;

/**
 * Reckons the last month that is over for every project of which it is not kept yet, so that whoever asks for its report
 * gets it at once. Project by project, each committed by itself: what is cut off goes on with the next one. One that
 * fails does not keep the others waiting. Answers how many were kept.
 */
export async function keepMonths(
  { auditDb, clock, log }: KeepingContext,
  signal: AbortSignal,
): Promise<number> {
  const month = lastClosedMonth(clock.nowMs());
  const wanted = { month: `${month.name}-01`, to: month.to };
  let kept = 0;
  for (let after: ProjectId | null = null; !signal.aborted; ) {
    const projectId: ProjectId | null = await selectProjectWithout(auditDb, { ...wanted, after });
    if (projectId === null) break;
    try {
      await readSums(auditDb, projectId, month, { timeoutMs });
      kept += 1;
    } catch (error) {
      log.error({ error, projectId, month: month.name }, "a month could not be reckoned");
    }
    after = projectId;
  }
  return kept;
}
