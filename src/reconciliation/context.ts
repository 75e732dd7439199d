import type { SettleContext } from "../checkout/settle-purchase.js";
import type { Clock } from "../kernel/clock.js";
import type { Id, ProjectId, WalletId } from "../kernel/ids.js";
import type { Trx } from "../platform/db/connect.js";
import type { Pace } from "../platform/stripe-client/paced-http-client.js";
import type { StripeClients } from "../platform/stripe-client/stripe-clients.js";

/** An event as Stripe lists it. */
export interface ListedEvent {
  readonly id: string;
  readonly type: string;
  readonly livemode: boolean;
}

/** Events of one account for the inbox of a project. */
export interface EventDelivery {
  readonly projectId: ProjectId;
  readonly accountId: string;
  readonly events: readonly ListedEvent[];
}

/** What reconciling needs to know of what lies above it; made in `app/`. */
export interface Reconciling {
  /** Clients that ask Stripe no faster than this. */
  readonly pacedStripeClients: (pace: Pace) => StripeClients;
  /** Puts what the inbox lacks into it, and answers what that was. */
  readonly recordEvents: (trx: Trx, delivery: EventDelivery) => Promise<readonly EventTicket[]>;
  /** After the commit, so that a worker sees them at once. */
  readonly ringForEvents: (tickets: readonly EventTicket[]) => Promise<void>;
  /** What Stripe is asked to send. */
  readonly eventTypes: readonly string[];
  /** The names of the ledger's rules, in the order in which they are checked. */
  readonly ledgerRules: readonly string[];
  /** Rows of a project's books that break a rule of theirs. A project that has any is paused, but for a dry run. */
  readonly checkLedger: (question: LedgerQuestion) => Promise<readonly LedgerOffender[]>;
  /** How far back the full ring looks. */
  readonly windowDays: number;
  /** Heals of one run at most; what is left waits for the next. */
  readonly healsMax: number;
}

export interface LedgerQuestion {
  readonly projectId: ProjectId;
  /** Names of those that are asked for. */
  readonly rules: readonly string[];
  readonly dryRun: boolean;
  /** Only wallets that were moved since; all of them without it. */
  readonly since: Date | undefined;
  readonly signal: AbortSignal;
}

export interface LedgerOffender {
  /** Of the rule, such as `wallet_equals_transfers`. */
  readonly name: string;
  /** The rule as a sentence that should be true. */
  readonly rule: string;
  readonly walletId: WalletId | null;
  /** What it is within the wallet or the project; null for the wallet itself. */
  readonly id: string | null;
  /** What is there, and what should be. */
  readonly wrong: string;
}

export interface EventTicket {
  readonly id: Id<"stripeEvent">;
  readonly type: string;
}

export interface ReconcileContext extends SettleContext {
  readonly clock: Clock;
  readonly reconciling: Reconciling;
}
