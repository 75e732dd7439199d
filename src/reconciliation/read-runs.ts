import { parsePublicId, type ProjectId, publicId } from "../kernel/ids.js";
import { cutPage, decodeCursor, type Page } from "../kernel/page.js";
import { Refusal } from "../kernel/refusals.js";
import type { Database } from "../platform/db/connect.js";
import type { ReconciliationRunId, Ring, Run } from "./rules.js";
import { findRun, selectRuns } from "./store/runs.js";

export interface RunsQuery {
  /** Over all projects without it. */
  readonly projectId?: ProjectId | undefined;
  readonly ring?: Ring | undefined;
  /** 1 to 100. */
  readonly size: number;
  readonly cursor?: string | undefined;
}

/** Runs, the newest first. Throws `invalid_request` for a cursor that is not one of these. */
export async function readRuns(
  db: Database,
  { size, cursor, ...of }: RunsQuery,
): Promise<Page<Run>> {
  const before = cursor && parsePublicId("reconciliationRun", decodeCursor(cursor));
  if (cursor !== undefined && before === undefined)
    throw new Refusal("invalid_request", {
      param: "cursor",
      detail: "Send the nextCursor of the page before.",
    });
  const runs = await selectRuns(db, { ...of, before, limit: size + 1 });
  return cutPage(runs, size, ({ id }) => publicId("reconciliationRun", id));
}

/** One run, of whichever project unless one is named. Throws `not_found`. */
export async function readRun(
  db: Database,
  id: ReconciliationRunId,
  projectId?: ProjectId,
): Promise<Run> {
  const run = await findRun(db, id);
  if (run !== undefined && (projectId ?? run.projectId) === run.projectId) return run;
  throw new Refusal("not_found", { detail: "There is no such reconciliation run." });
}
