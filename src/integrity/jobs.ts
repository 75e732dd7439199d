import { defineSchedule } from "../platform/schedules/define-schedule.js";
import { checkBooks } from "./check-books.js";
import type { IntegrityContext } from "./context.js";

/** What changed, every few minutes. */
export const checkRecentBooks = defineSchedule({
  name: "books.check-recent",
  everySeconds: 300,
  timeoutMs: 600_000,
  run: async (ctx: IntegrityContext, { signal }) => {
    const { paused } = await checkBooks(ctx, { scope: "recent", signal });
    await ctx.onPaused(paused);
  },
});

/** Everything, once a day. */
export const checkWholeBooks = defineSchedule({
  name: "books.check-whole",
  everySeconds: 86_400,
  timeoutMs: 3_600_000,
  run: async (ctx: IntegrityContext, { signal }) => {
    const { paused } = await checkBooks(ctx, { scope: "whole", signal });
    await ctx.onPaused(paused);
  },
});
