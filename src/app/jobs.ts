import { settlePurchaseJob } from "../checkout/jobs.js";
import { applyUsage, drainUsageLane } from "../metering/jobs.js";
import { finishRefundJob } from "../reversals/jobs.js";
import type { Job } from "../platform/jobs/define-job.js";
import { runReconciliationJob } from "../reconciliation/jobs.js";
import { processStripeEvents } from "../stripe-events/jobs.js";
import type { AppContext } from "./context.js";

/** Every job that a worker runs. */
export const jobs: readonly Job<AppContext>[] = [
  processStripeEvents,
  settlePurchaseJob,
  finishRefundJob,
  drainUsageLane,
  applyUsage,
  runReconciliationJob,
];
