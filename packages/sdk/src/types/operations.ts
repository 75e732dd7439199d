import type { CreditsOut, Money } from "./wallets.js";

export type ReconciliationRing = "events" | "objects" | "full" | "ledger";

export interface ReconciliationRun {
  readonly id: string;
  readonly ring: ReconciliationRing;
  /** `running` also while it waits for a worker. */
  readonly state: "running" | "finished" | "failed";
  readonly dryRun: boolean;
  readonly stripeAccount: string | null;
  readonly livemode: boolean | null;
  readonly from: string;
  readonly to: string;
  readonly bridgedFrom: string | null;
  /** The list that is read now. */
  readonly phase: string | null;
  /** How much was looked at so far, `found` to differ, `healed` and `resolved`. */
  readonly counts: Readonly<Record<string, number>>;
  /** By currency and name. */
  readonly sums: Readonly<Record<string, Readonly<Record<string, Money>>>>;
  readonly problem: string | null;
  readonly startedAt: string;
  readonly finishedAt: string | null;
}

export interface RequestedRun {
  /** `queued`: another run is at work; this one begins when it has ended. */
  readonly status: "begun" | "queued";
  /** The run to look at, or the one in the way where that is yours. */
  readonly run: ReconciliationRun | null;
}

export interface Discrepancy {
  readonly id: string;
  readonly class:
    | "missing_grant"
    | "double_grant"
    | "unpaid_grant"
    | "missing_reversal"
    | "over_reversal"
    | "orphan_payment"
    | "amount_mismatch"
    | "balance_drift"
    | "orphan_hold";
  /** Only `open` ones need anybody. */
  readonly state: "open" | "healed" | "dismissed" | "assigned" | "resolved";
  readonly means: string;
  readonly remedy: string;
  readonly detail: string;
  readonly subject: string;
  readonly customerId: string | null;
  readonly purchaseId: string | null;
  readonly stripeObject: string | null;
  readonly stripeUrl: string | null;
  readonly stripeAccount: string | null;
  readonly booked: Money | null;
  readonly stripe: Money | null;
  readonly expectedCredits: CreditsOut | null;
  readonly actualCredits: CreditsOut | null;
  readonly healedCredits: CreditsOut | null;
  readonly assignedCredits: CreditsOut | null;
  readonly foundBy: string;
  readonly healingBy: string | null;
  readonly closedBy: string | null;
  readonly closedBecause: string | null;
  readonly createdAt: string;
  readonly closedAt: string | null;
}

/** Work that was given up or got stuck. */
export interface FailedJob {
  readonly id: string;
  readonly kind: "stripe_event" | "usage_batch" | "purchase" | "refund";
  readonly state: "failed" | "unhandled" | "quarantined" | "stuck";
  readonly what: string;
  readonly reason: string | null;
  readonly attempts: number | null;
  readonly stripeObject: string | null;
  readonly since: string;
  /** What trying again does; not possible where a person has to decide. */
  readonly retry: { readonly isPossible: boolean; readonly does: string };
}
