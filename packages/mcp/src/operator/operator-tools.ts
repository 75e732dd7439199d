import type { OperatorAccess } from "../server/identity.js";
import type { Tool } from "../tools/define-tool.js";
import { freezeWallet } from "./freeze-wallet.js";
import { grantCredits } from "./grant-credits.js";
import { listDiscrepancies } from "./list-discrepancies.js";
import { listFailedJobs } from "./list-failed-jobs.js";
import { retryJob } from "./retry-job.js";
import { runReconciliation } from "./run-reconciliation.js";
import { unfreezeWallet } from "./unfreeze-wallet.js";

/** The tools of operators' agents, in the order of their list. */
export const operatorTools: readonly Tool<OperatorAccess>[] = [
  grantCredits,
  freezeWallet,
  unfreezeWallet,
  runReconciliation,
  listDiscrepancies,
  listFailedJobs,
  retryJob,
];
