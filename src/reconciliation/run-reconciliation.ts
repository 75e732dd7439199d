import { reasonOf } from "../platform/queue/log.js";
import { readStripeAccess } from "../tenancy/read-stripe-access.js";
import { beginRun, scopeOf } from "./begin-run.js";
import type { ReconcileContext } from "./context.js";
import { holdRun, leaseDefaultMs, newLease } from "./hold-run.js";
import { readPages } from "./read-pages.js";
import { isOfWholeLedger, type Run } from "./rules.js";
import type { RunOrder, RunOutcome } from "./run-order.js";
import {
  failRun,
  findRunAtWork,
  getRun,
  type Lease,
  type RunAtWork,
  takeRunOver,
} from "./store/runs.js";

/** A run that failed so often in a row is given up, and the next one begins anew. */
const failuresMax = 20;
const endedDryRun =
  "It was ended before it was through, and a dry run is not gone on with. chargly reconcile --dry-run takes the time it needs.";

/**
 * Compares one account, or the ledger of one project, with what it should be. Goes on with a run that was cut off before
 * it begins a new one, whatever ring that was of. Only one run of an account is at work at a time.
 *
 * @throws Refusal `stripe_not_connected`, `stripe_unavailable`, `stripe_refused`; the run then waits to be gone on with
 */
export async function runReconciliation(
  ctx: ReconcileContext,
  order: RunOrder,
): Promise<RunOutcome> {
  const access = order.ring === "ledger" ? undefined : await readStripeAccess(ctx, order.projectId);
  const scope = scopeOf(order, access);
  const lease = newLease(order.leaseMs ?? leaseDefaultMs);
  for (;;) {
    const atWork = await findRunAtWork(ctx.db, scope);
    const ended = await endedBefore(ctx, order, atWork);
    if (ended !== undefined) return ended;
    if (atWork === undefined) {
      const begun = await beginRun(ctx, { order, access, scope, lease });
      if (begun !== undefined) return drive(ctx, order, begun, lease);
      continue;
    }
    if (isTaken(atWork, order)) return { kind: "busy", run: atWork };
    if (isLost(atWork) || atWork.projectId !== order.projectId || atWork.failures >= failuresMax)
      await failRun(ctx.db, atWork.id, atWork.problem ?? "It was cut off and not gone on with.");
    else if (await takeRunOver(ctx.db, atWork.id, lease)) {
      const outcome = await drive(ctx, order, await getRun(ctx.db, atWork.id), lease);
      if (outcome.kind !== "finished" || isWhatWasAsked(atWork, order)) return outcome;
    }
  }
}

/** The run that was begun for the order, when somebody else has finished it. */
async function endedBefore(
  { db }: ReconcileContext,
  { runId }: RunOrder,
  atWork: Run | undefined,
): Promise<RunOutcome | undefined> {
  if (runId === undefined || runId === atWork?.id) return undefined;
  const run = await getRun(db, runId);
  return run.state === "finished" ? { kind: "finished", run, differences: [] } : undefined;
}

/** Somebody works at it, or a worker of its own project is about to. */
function isTaken({ isLeased, isAwaited, projectId }: RunAtWork, order: RunOrder): boolean {
  return isLeased || (isAwaited && projectId !== order.projectId);
}

/** What a dry run found is in the memory of whoever began to read, and gone with it. */
function isLost({ dryRun, counts }: Run): boolean {
  return dryRun && Object.keys(counts).length > 0;
}

function isWhatWasAsked(resumed: Run, order: RunOrder): boolean {
  if (resumed.id === order.runId) return true;
  if (resumed.ring !== order.ring || order.since !== undefined || order.dryRun === true)
    return false;
  return order.ring !== "ledger" || order.isRecent === true || isOfWholeLedger(resumed);
}

/** Works through the pages of a run that this process holds. */
async function drive(
  ctx: ReconcileContext,
  order: RunOrder,
  begun: Run,
  lease: Lease,
): Promise<RunOutcome> {
  const held = holdRun(ctx, begun.id, lease, order.signal ?? new AbortController().signal);
  try {
    const outcome = await readPages(ctx, order, begun, held);
    await held.letGo(null);
    return outcome;
  } catch (error) {
    const isAsked = order.signal?.aborted === true;
    await held.letGo(isAsked ? null : reasonOf(error));
    if (!isAsked) throw error;
    if (begun.dryRun) await failRun(ctx.db, begun.id, endedDryRun);
    return { kind: "interrupted", run: await getRun(ctx.db, begun.id) };
  }
}
