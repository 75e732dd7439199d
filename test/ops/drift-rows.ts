import { newId, type ProjectId } from "../../src/kernel/ids.js";
import type { Database } from "../../src/platform/db/connect.js";
import type { DiscrepancyId, ReconciliationRunId } from "../../src/reconciliation/rules.js";

export const account = "acct_1OpsTest";

/** A finished run of an account, by plain SQL. */
export async function insertRun(
  db: Database,
  projectId: ProjectId,
  run: Readonly<Record<string, unknown>> = {},
): Promise<ReconciliationRunId> {
  const id = newId("reconciliationRun");
  await db("reconciliation_runs").insert({
    id,
    project_id: projectId,
    ring: "full",
    scope: `test ${id}`,
    account_id: account,
    livemode: false,
    window_from: "2026-10-01T00:00:00Z",
    window_to: "2026-11-01T00:00:00Z",
    state: "finished",
    finished_at: db.raw("clock_timestamp()"),
    counts: JSON.stringify({ payments: 1_000, charges: 998, found: 3, healed: 1 }),
    sums: JSON.stringify({ usd: { charged: "999000", booked: "998001", foreign: "999" } }),
    ...run,
  });
  return id;
}

/** A payment that nobody explains, unless told otherwise. */
export async function insertCase(
  db: Database,
  of: { readonly projectId: ProjectId; readonly foundBy: ReconciliationRunId },
  more: Readonly<Record<string, unknown>> = {},
): Promise<DiscrepancyId> {
  const id = newId("discrepancy");
  await db("discrepancies").insert({
    id,
    project_id: of.projectId,
    found_by: of.foundBy,
    account_id: account,
    livemode: false,
    class: "orphan_payment",
    subject: `ch_${id.slice(-8)}`,
    stripe_object: `ch_${id.slice(-8)}`,
    currency: "usd",
    booked_minor: 0,
    stripe_minor: 999,
    detail: "No purchase explains this payment of <$9.99>.",
    ...more,
  });
  return id;
}
