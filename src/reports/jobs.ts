import { defineSchedule } from "../platform/schedules/define-schedule.js";
import { keepMonths, type KeepingContext } from "./keep-months.js";

/** Soon after a month is over, its report is there. */
export const keepClosedMonths = defineSchedule({
  name: "reports.keep-months",
  everySeconds: 600,
  timeoutMs: 3_600_000,
  run: async (ctx: KeepingContext, { signal, log }) => {
    const projects = await keepMonths(ctx, signal);
    if (projects > 0) log.info({ projects }, "a month's reports were reckoned");
  },
});
