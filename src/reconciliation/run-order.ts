import type { ProjectId } from "../kernel/ids.js";
import type { Difference, ReconciliationRunId, Ring, Run } from "./rules.js";

export interface RunOrder {
  readonly projectId: ProjectId;
  readonly ring: Ring;
  /** Compares from here on, instead of from where the last run ended. */
  readonly since?: Date | undefined;
  /** The ledger's ring looks only at what moved since its last run, when nothing of it is open. */
  readonly isRecent?: boolean | undefined;
  /** Heals nothing and writes nothing down but that it ran, and which payments it met. */
  readonly dryRun?: boolean | undefined;
  /** The run that was begun for this order, and that answers it, whoever finishes it. */
  readonly runId?: ReconciliationRunId | undefined;
  /** Ends the run between two pages; the next one goes on there. */
  readonly signal?: AbortSignal | undefined;
  /** After every page. */
  readonly onProgress?: ((run: Run) => void) | undefined;
  /** How long others wait for this process when it is gone; 30 s unless told. */
  readonly leaseMs?: number | undefined;
  /** At Stripe; 10 unless told. */
  readonly requestsPerSecond?: number | undefined;
}

export type RunOutcome =
  /** `differences`: what a dry run found, at most 1,000. */
  | { readonly kind: "finished"; readonly run: Run; readonly differences: readonly Difference[] }
  /**
   * Another process compares the same account, or did until some seconds ago; or another project's run of it was asked for
   * and waits for its worker.
   */
  | { readonly kind: "busy"; readonly run: Run }
  /** The signal came; the next run of the ring goes on. */
  | { readonly kind: "interrupted"; readonly run: Run };
