import { randomUUID } from "node:crypto";
import type { Trx } from "../platform/db/connect.js";
import { inTransaction } from "../platform/db/transaction.js";
import type { ReconcileContext } from "./context.js";
import type { ReconciliationRunId } from "./rules.js";
import { type Lease, lockHeldRun, releaseRun, renewLease } from "./store/runs.js";

/** How long a run waits for its holder before another one may take it over. */
export const leaseDefaultMs = 30_000;
const problemLengthMax = 500;

/** Somebody else holds the run now: this process was silent for too long. It has written nothing since. */
export class LeaseLost extends Error {
  override readonly name = "LeaseLost";
}

export interface HeldRun {
  /** Aborted when the run is lost, or whoever asked for it wants it to end. */
  readonly signal: AbortSignal;
  /** Runs in a transaction that only the holder gets; a holder that was cut off and came back is refused. */
  readonly asHolder: <T>(work: (trx: Trx) => Promise<T>) => Promise<T>;
  /** Ends the holding. With a problem the run remembers it; in either case the next one goes on at once. */
  readonly letGo: (problem: string | null) => Promise<void>;
}

export function newLease(ms: number): Lease {
  return { id: randomUUID(), ms };
}

/** Keeps a run that this process has begun or taken over, by renewing its lease until it is let go. */
export function holdRun(
  { db, log }: Pick<ReconcileContext, "db" | "log">,
  id: ReconciliationRunId,
  lease: Lease,
  outer: AbortSignal,
): HeldRun {
  const lost = new AbortController();
  const lose = () => lost.abort(new LeaseLost("another process goes on with this run"));
  const beat = setInterval(() => {
    renewLease(db, id, lease)
      .then((isHeld) => isHeld || lose())
      .catch((error: unknown) => log.warn({ error }, "the lease of a run could not be renewed"));
  }, lease.ms / 3);
  return {
    signal: AbortSignal.any([lost.signal, outer]),
    asHolder: (work) =>
      inTransaction(db, async (trx) => {
        if (await lockHeldRun(trx, id, lease.id)) return work(trx);
        lose();
        throw new LeaseLost("another process goes on with this run");
      }),
    letGo: async (problem) => {
      clearInterval(beat);
      await releaseRun(db, id, lease.id, problem?.slice(0, problemLengthMax) ?? null);
    },
  };
}
