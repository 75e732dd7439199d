import { checkOpenPurchases } from "../checkout/jobs.js";
import { expireHolds, expireLots } from "../expiry/jobs.js";
import { checkRecentBooks, checkWholeBooks } from "../integrity/jobs.js";
import { sweepUsageLanes } from "../metering/jobs.js";
import type { Config } from "../platform/config/config.js";
import { sweepIdempotencyKeys } from "../platform/http/idempotency/sweep-idempotency-keys.js";
import { defineSchedule, type Schedule } from "../platform/schedules/define-schedule.js";
import { sweepQuotes } from "../rating/jobs.js";
import { reconciliationSchedules } from "../reconciliation/jobs.js";
import { keepClosedMonths } from "../reports/jobs.js";
import { sweepRefunds } from "../reversals/jobs.js";
import { sweepStripeEvents } from "../stripe-events/jobs.js";
import type { AppContext } from "./context.js";

const keysPerSweep = 5_000;

const sweepKeys = defineSchedule({
  name: "idempotency-keys.sweep",
  everySeconds: 600,
  run: async (ctx: AppContext) => {
    await sweepIdempotencyKeys(ctx.db, { olderThanHours: 25, limit: keysPerSweep });
  },
});

/** Everything that recurs. */
export function schedulesOf({
  reconcile,
}: Pick<Config, "reconcile">): readonly Schedule<AppContext>[] {
  return [
    sweepStripeEvents,
    checkOpenPurchases,
    sweepRefunds,
    sweepUsageLanes,
    expireHolds,
    expireLots,
    sweepKeys,
    sweepQuotes,
    checkRecentBooks,
    checkWholeBooks,
    keepClosedMonths,
    ...reconciliationSchedules({
      events: reconcile.eventsSeconds,
      objects: reconcile.objectsSeconds,
      full: reconcile.fullSeconds,
      ledger: reconcile.ledgerSeconds,
    }),
  ];
}
