import type { Credits } from "../kernel/credits.js";
import type { Id, ProjectId, PurchaseId, WalletId } from "../kernel/ids.js";

export type ReconciliationRunId = Id<"reconciliationRun">;
export type DiscrepancyId = Id<"discrepancy">;

/**
 * `events` ingests what Stripe's list of events has and the inbox lacks; `objects` compares payments by their own time;
 * `full` does so over a long window, with the balance's movements as control total; `ledger` audits our own books.
 */
export const rings = ["events", "objects", "full", "ledger"] as const;
export type Ring = (typeof rings)[number];
export type StripeRing = Exclude<Ring, "ledger">;

/** One list that is read to its end, page by page. */
export type Phase =
  | "events"
  | "sessions"
  | "charges"
  | "refunds"
  | "disputes"
  | "warnings"
  | "grants"
  | "balance"
  | "totals"
  | "ledger";

export const discrepancyClasses = [
  "missing_grant",
  "double_grant",
  "unpaid_grant",
  "missing_reversal",
  "over_reversal",
  "orphan_payment",
  "amount_mismatch",
  "balance_drift",
  "orphan_hold",
] as const;
export type DiscrepancyClass = (typeof discrepancyClasses)[number];

export const discrepancyStates = ["open", "healed", "dismissed", "assigned", "resolved"] as const;
/**
 * `healed` by settling it again; `resolved` because a later run found it gone; `dismissed` and `assigned` by an
 * operator. Only `open` ones need anybody.
 */
export type DiscrepancyState = (typeof discrepancyStates)[number];

export type RunState = "running" | "finished" | "failed";

/** How much was looked at: `payments` and the ledger's `rules` were compared, `found` differ, of which `healed` do no longer; `warnings` of fraud were listed, of which `heeded` nobody had told. */
export const countNames = [
  "requests",
  "events",
  "ingested",
  "sessions",
  "charges",
  "refunds",
  "disputes",
  "warnings",
  "heeded",
  "balanceTransactions",
  "payments",
  "rules",
  "found",
  "healed",
  "resolved",
] as const;
export type CountName = (typeof countNames)[number];
export type Counts = Readonly<Partial<Record<CountName, number>>>;

/**
 * Money in minor units. `charged`, `refunded` and `disputed` are what Stripe's objects of the window say; `booked` is
 * the part of `charged` that our purchases know, `foreign` the rest. The last three say the same by the movements of
 * Stripe's balance, and must agree.
 */
export const sumNames = [
  "charged",
  "refunded",
  "disputed",
  "booked",
  "foreign",
  "balanceCharged",
  "balanceRefunded",
  "balanceDisputed",
] as const;
export type SumName = (typeof sumNames)[number];
/** By currency. */
export type Sums = Readonly<Record<string, Readonly<Partial<Record<SumName, bigint>>>>>;

/** One comparison of one scope over one window of time. */
export interface Run {
  readonly id: ReconciliationRunId;
  readonly projectId: ProjectId;
  readonly ring: Ring;
  /** Stripe's, or null for the ledger's ring. */
  readonly accountId: string | null;
  readonly livemode: boolean | null;
  readonly dryRun: boolean;
  readonly windowFrom: Date;
  readonly windowTo: Date;
  /** Set when Stripe no longer had all events of the window, so that objects were compared from there on. */
  readonly bridgedFrom: Date | null;
  readonly state: RunState;
  readonly phase: Phase | null;
  readonly cursor: string | null;
  readonly counts: Counts;
  readonly sums: Sums;
  /** Why it stands still or failed, for people. */
  readonly problem: string | null;
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
}

/** A difference as it was found. */
export interface Difference {
  readonly class: DiscrepancyClass;
  /** What differs, by Stripe's id or our public one. */
  readonly subject: string;
  readonly purchaseId: PurchaseId | null;
  readonly walletId: WalletId | null;
  readonly stripeObject: string | null;
  readonly currency: string | null;
  /** By our books, in minor units. */
  readonly bookedMinor: bigint | null;
  readonly stripeMinor: bigint | null;
  readonly expectedCredits: Credits | null;
  readonly actualCredits: Credits | null;
  /** For people: what differs and what to do. */
  readonly detail: string;
}

/** A difference that was written down, and what became of it. */
export interface Discrepancy extends Difference {
  readonly id: DiscrepancyId;
  readonly projectId: ProjectId;
  /** Null for what the ledger says of itself. */
  readonly accountId: string | null;
  readonly livemode: boolean | null;
  readonly state: DiscrepancyState;
  readonly foundBy: ReconciliationRunId;
  /** The run that healed it, or last tried to. */
  readonly healingBy: ReconciliationRunId | null;
  /** Credits that the heal moved: given for a grant; taken back for a reversal, or given back when negative. */
  readonly healedCredits: Credits | null;
  readonly closedBy: string | null;
  readonly closedBecause: string | null;
  readonly assignedCredits: Credits | null;
  readonly createdAt: Date;
  readonly closedAt: Date | null;
}

/** A run of the ledger's ring that looks at all of the books, instead of at what moved in its window. */
export function isOfWholeLedger({ windowFrom, windowTo }: Run): boolean {
  return windowFrom.getTime() === windowTo.getTime();
}

const objectPhases = ["sessions", "charges", "refunds", "disputes", "warnings"] as const;

/** The lists that a run reads, in order. */
export function phasesOf({
  ring,
  bridgedFrom,
}: Pick<Run, "ring" | "bridgedFrom">): readonly Phase[] {
  switch (ring) {
    case "events":
      return bridgedFrom === null ? ["events"] : ["events", ...objectPhases];
    case "objects":
      return objectPhases;
    case "full":
      return [...objectPhases, "grants", "balance", "totals"];
    case "ledger":
      return ["ledger"];
  }
}

/** The list after this one, or null after the last. */
export function nextPhase(run: Pick<Run, "ring" | "bridgedFrom">, phase: Phase): Phase | null {
  const phases = phasesOf(run);
  return phases[phases.indexOf(phase) + 1] ?? null;
}
