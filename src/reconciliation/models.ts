import type { Credits } from "../kernel/credits.js";
import type { ProjectId, PurchaseId, WalletId } from "../kernel/ids.js";
import { Row } from "../platform/db/row.js";
import type {
  Counts,
  DiscrepancyClass,
  DiscrepancyId,
  DiscrepancyState,
  Phase,
  ReconciliationRunId,
  Ring,
  RunState,
  SumName,
} from "./rules.js";

export class RunRow extends Row {
  static override readonly tableName = "reconciliation_runs";
  declare readonly id: ReconciliationRunId;
  declare readonly projectId: ProjectId;
  declare readonly ring: Ring;
  declare readonly scope: string;
  declare readonly accountId: string | null;
  declare readonly livemode: boolean | null;
  declare readonly dryRun: boolean;
  declare readonly windowFrom: Date;
  declare readonly windowTo: Date;
  declare readonly bridgedFrom: Date | null;
  declare readonly state: RunState;
  declare readonly phase: Phase | null;
  declare readonly cursor: string | null;
  declare readonly counts: Counts;
  /** Digits, since JSON has no whole numbers that large. */
  declare readonly sums: Readonly<Record<string, Readonly<Partial<Record<SumName, string>>>>>;
  declare readonly problem: string | null;
  declare readonly failures: number;
  declare readonly leaseId: string | null;
  declare readonly leasedUntil: Date | null;
  declare readonly startedAt: Date;
  declare readonly finishedAt: Date | null;
}

export class DiscrepancyRow extends Row {
  static override readonly tableName = "discrepancies";
  declare readonly id: DiscrepancyId;
  declare readonly projectId: ProjectId;
  /** Empty for what the ledger says of itself. */
  declare readonly accountId: string;
  declare readonly livemode: boolean | null;
  declare readonly class: DiscrepancyClass;
  declare readonly subject: string;
  declare readonly purchaseId: PurchaseId | null;
  declare readonly walletId: WalletId | null;
  declare readonly stripeObject: string | null;
  declare readonly currency: string | null;
  declare readonly bookedMinor: bigint | null;
  declare readonly stripeMinor: bigint | null;
  declare readonly expectedCredits: Credits | null;
  declare readonly actualCredits: Credits | null;
  declare readonly detail: string;
  declare readonly state: DiscrepancyState;
  declare readonly foundBy: ReconciliationRunId;
  declare readonly healingBy: ReconciliationRunId | null;
  declare readonly healedCredits: Credits | null;
  declare readonly closedBy: string | null;
  declare readonly closedBecause: string | null;
  declare readonly assignedCredits: Credits | null;
  declare readonly adjustmentId: string | null;
  declare readonly createdAt: Date;
  declare readonly closedAt: Date | null;
}
