import type { ProjectId } from "../kernel/ids.js";
import { approvedOrThrow } from "../kernel/verdict.js";
import { readFlows } from "../ledger/read-flows.js";
import type { Context } from "../platform/context.js";
import type { Database } from "../platform/db/connect.js";
import { isClosed, type Month, monthOf } from "./month.js";
import { packSums, unpackSums } from "./pack-sums.js";
import { composeReport, type MonthReport, type Sums } from "./rules.js";
import { insertMonth, selectMonth } from "./store.js";

/** Within the time of a request. */
const timeoutMsDefault = 20_000;

export interface ReadingBounds {
  /** How long what is not kept may take to reckon. */
  readonly timeoutMs?: number;
}

/**
 * The report of a project for a month such as `2026-11`. A month that is over is reckoned once and kept. Any other reads
 * what moved since it began, so an old month that is not kept takes longer than the last one. Refuses with
 * `invalid_request` what is no month, or has not begun.
 */
export async function readMonth(
  ctx: Pick<Context, "db" | "clock">,
  projectId: ProjectId,
  name: string,
  bounds: ReadingBounds = {},
): Promise<MonthReport> {
  const nowMs = ctx.clock.nowMs();
  const month = approvedOrThrow(monthOf(name, nowMs));
  return composeReport(month, await readSums(ctx.db, projectId, month, bounds), nowMs);
}

/** The sums of a month, which are kept if it is over by the database's clock: no process's own may be trusted with that. */
export async function readSums(
  db: Database,
  projectId: ProjectId,
  month: Month,
  { timeoutMs = timeoutMsDefault }: ReadingBounds = {},
): Promise<Sums> {
  const firstDay = `${month.name}-01`;
  const { sums: kept, now } = await selectMonth(db, projectId, firstDay);
  if (kept !== null) return unpackSums(kept);
  const sums = await readFlows(db, projectId, { ...month, timeoutMs });
  if (isClosed(month, now.getTime()))
    await insertMonth(db, { projectId, month: firstDay, sums: packSums(sums) });
  return sums;
}
