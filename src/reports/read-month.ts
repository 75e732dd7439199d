import type { ProjectId } from "../kernel/ids.js";
import { approvedOrThrow } from "../kernel/verdict.js";
import { readFlows } from "../ledger/read-flows.js";
import type { Context } from "../platform/context.js";
import { composeReport, type MonthReport, monthOf } from "./rules.js";

/** Within the time of a request. */
const timeoutMsDefault = 20_000;

/**
 * The report of a project for a month such as `2026-11`. Reads what moved since the month began, so an old month takes
 * longer than the last one. Refuses with `invalid_request` what is no month, or has not begun.
 */
export async function readMonth(
  ctx: Pick<Context, "db" | "clock">,
  projectId: ProjectId,
  name: string,
  { timeoutMs = timeoutMsDefault }: { readonly timeoutMs?: number } = {},
): Promise<MonthReport> {
  const nowMs = ctx.clock.nowMs();
  const month = approvedOrThrow(monthOf(name, nowMs));
  return composeReport(month, await readFlows(ctx.db, projectId, { ...month, timeoutMs }), nowMs);
}
