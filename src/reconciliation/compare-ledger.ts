import { publicId } from "../kernel/ids.js";
import type { LedgerOffender, ReconcileContext } from "./context.js";
import type { Difference, DiscrepancyClass, Run } from "./rules.js";
import { selectOpenSubjects } from "./store/discrepancies.js";

const ledgerClasses: readonly DiscrepancyClass[] = ["balance_drift", "double_grant", "orphan_hold"];

export interface ComparedLedger {
  readonly subjects: readonly string[];
  readonly classes: readonly DiscrepancyClass[];
  readonly differences: readonly Difference[];
}

/**
 * Asks the books for whatever breaks a rule of theirs. Nothing of it heals by itself. What was open and is not
 * among the offenders any more is closed, if all of the books were looked at: a run whose window has a length looks only
 * at wallets that were moved in it.
 */
export async function compareLedger(
  { db, reconciling }: Pick<ReconcileContext, "db" | "reconciling">,
  run: Run,
  signal: AbortSignal,
): Promise<ComparedLedger> {
  const isWhole = run.windowFrom.getTime() === run.windowTo.getTime();
  const since = isWhole ? undefined : run.windowFrom;
  const offenders = await reconciling.checkLedger({ projectId: run.projectId, since, signal });
  const open = isWhole ? await selectOpenSubjects(db, run.projectId, ledgerClasses) : [];
  const differences = offenders.map(toDifference);
  return {
    subjects: [...new Set([...open, ...differences.map(({ subject }) => subject)])],
    classes: ledgerClasses,
    differences,
  };
}

function toDifference({ name, rule, walletId, id, wrong }: LedgerOffender): Difference {
  const about = [name, walletId === null ? null : publicId("wallet", walletId), id];
  return {
    class: classOf(name),
    subject: about.filter((part) => part !== null).join(":"),
    purchaseId: null,
    walletId,
    stripeObject: null,
    currency: null,
    bookedMinor: null,
    stripeMinor: null,
    expectedCredits: null,
    actualCredits: null,
    detail: `Not true any more: ${rule}. ${wrong}`,
  };
}

function classOf(name: string): DiscrepancyClass {
  if (name.includes("hold")) return "orphan_hold";
  return name.includes("granted_once") ? "double_grant" : "balance_drift";
}
