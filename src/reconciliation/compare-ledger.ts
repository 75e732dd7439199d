import { publicId } from "../kernel/ids.js";
import type { LedgerOffender, ReconcileContext } from "./context.js";
import { type Difference, type DiscrepancyClass, isOfWholeLedger, type Run } from "./rules.js";
import { selectOpenSubjects } from "./store/discrepancies.js";

/** Every class that the ledger's own rules can find broken. */
export const ledgerClasses: readonly DiscrepancyClass[] = [
  "balance_drift",
  "double_grant",
  "orphan_hold",
];

export interface ComparedLedger {
  readonly subjects: readonly string[];
  readonly classes: readonly DiscrepancyClass[];
  readonly differences: readonly Difference[];
  /** How many rules were asked for. */
  readonly rules: number;
  /** The rule to go on with, or null after the last. */
  readonly next: string | null;
}

/**
 * Asks the books for whatever breaks a rule of theirs. Nothing of it heals by itself. When all of the books are looked at,
 * it is one rule at a time, so that a run can be cut off between two of them, and what was open and is not among the
 * offenders any more is closed. Wallets that moved in a window are found once, for all of the rules.
 */
export async function compareLedger(
  { db, reconciling }: Pick<ReconcileContext, "db" | "reconciling">,
  run: Run,
  cursor: string | null,
  signal: AbortSignal,
): Promise<ComparedLedger> {
  const { projectId, dryRun } = run;
  const isWhole = isOfWholeLedger(run);
  // A place that this version of the program does not know is begun from anew.
  const at = Math.max(0, reconciling.ledgerRules.indexOf(cursor ?? ""));
  const rules = isWhole ? reconciling.ledgerRules.slice(at, at + 1) : reconciling.ledgerRules;
  const since = isWhole ? undefined : run.windowFrom;
  const offenders = await reconciling.checkLedger({ projectId, rules, dryRun, since, signal });
  const open = isWhole ? await selectOpenSubjects(db, projectId, ledgerClasses) : [];
  const asked = open.filter((subject) => rules.includes(subject.split(":")[0] ?? ""));
  const differences = offenders.map(toDifference);
  return {
    subjects: [...new Set([...asked, ...differences.map(({ subject }) => subject)])],
    classes: ledgerClasses,
    differences,
    rules: rules.length,
    next: isWhole ? (reconciling.ledgerRules[at + 1] ?? null) : null,
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
