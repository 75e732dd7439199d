import { readOldestPurchase } from "../checkout/booked/read-booked.js";
import { newId, publicId } from "../kernel/ids.js";
import type { StripeAccess } from "../tenancy/read-stripe-access.js";
import type { ReconcileContext } from "./context.js";
import { ledgerClasses } from "./compare-ledger.js";
import { decideWindow, ledgerWindow, type Window } from "./decide-window.js";
import { phasesOf, type Run } from "./rules.js";
import type { RunOrder } from "./run-order.js";
import { selectOpenSubjects } from "./store/discrepancies.js";
import { getRun, insertRun, type Lease, selectLastWindowEnd } from "./store/runs.js";

/** What only one run may compare at a time: one mode of an account, or the ledger of one project. */
export function scopeOf({ projectId }: RunOrder, access: StripeAccess | undefined): string {
  if (access === undefined) return `ledger ${publicId("project", projectId)}`;
  return `${access.accountId} ${access.livemode ? "live" : "test"}`;
}

export interface Beginning {
  readonly order: RunOrder;
  readonly access: StripeAccess | undefined;
  readonly scope: string;
  /** Null when nobody works at it yet. */
  readonly lease: Lease | null;
}

/** Begins a run, or answers nothing when another one of its scope is at work. */
export async function beginRun(
  ctx: ReconcileContext,
  { order, access, scope, lease }: Beginning,
): Promise<Run | undefined> {
  const { projectId, ring } = order;
  const window = await windowOf(ctx, order, access);
  const id = newId("reconciliationRun");
  const isBegun = await insertRun(
    ctx.db,
    {
      id,
      projectId,
      ring,
      scope,
      accountId: access?.accountId ?? null,
      livemode: access?.livemode ?? null,
      dryRun: order.dryRun === true,
      windowFrom: window.from,
      windowTo: window.to,
      bridgedFrom: window.bridgedFrom,
      phase: phasesOf({ ring, bridgedFrom: window.bridgedFrom })[0] ?? null,
    },
    lease,
  );
  if (!isBegun) return undefined;
  if (window.bridgedFrom !== null)
    ctx.log.error(
      {
        alert: "stripe_events_gap",
        project: publicId("project", projectId),
        from: window.bridgedFrom,
      },
      "Stripe no longer lists all events since the last run; payments are compared instead",
    );
  return getRun(ctx.db, id);
}

async function windowOf(
  ctx: ReconcileContext,
  { projectId, ring, since, isRecent }: RunOrder,
  access: StripeAccess | undefined,
): Promise<Window> {
  const now = new Date(ctx.clock.nowMs());
  if (ring === "ledger" || access === undefined)
    return ledgerWindow(now, since ?? (isRecent ? await lastLook(ctx, projectId) : null));
  const { accountId } = access;
  const lastTo = await selectLastWindowEnd(ctx.db, projectId, ring, accountId);
  const oldest = await readOldestPurchase(ctx.db, projectId, accountId);
  const { windowDays } = ctx.reconciling;
  return decideWindow({ ring, now, since: since ?? null, lastTo, oldest, windowDays });
}

/** Where the ledger's last run ended; nothing when all of the books have to be looked at. */
async function lastLook({ db }: ReconcileContext, projectId: RunOrder["projectId"]) {
  const open = await selectOpenSubjects(db, projectId, ledgerClasses);
  return open.length > 0 ? null : selectLastWindowEnd(db, projectId, "ledger", null);
}
