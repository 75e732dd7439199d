import type { Context } from "../platform/context.js";
import { defineSchedule } from "../platform/schedules/define-schedule.js";
import { deleteForgotten } from "./store.js";

/** So long a quote that nobody redeemed is kept, for who asks why it was refused. */
const keptDays = 7;
export const quotesPerSweep = 5_000;

/** Forgets quotes that were never redeemed. Redeemed ones are kept. */
export const sweepQuotes = defineSchedule({
  name: "quotes.sweep",
  everySeconds: 600,
  run: async ({ db }: Pick<Context, "db">) => {
    await deleteForgotten(db, { days: keptDays, limit: quotesPerSweep });
  },
});
