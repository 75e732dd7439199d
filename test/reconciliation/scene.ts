import { expect } from "vitest";
import type { ProjectId } from "../../src/kernel/ids.js";
import type { ReconcileContext } from "../../src/reconciliation/context.js";
import { readDiscrepancies } from "../../src/reconciliation/read-discrepancies.js";
import type { Discrepancy, Ring, Run } from "../../src/reconciliation/rules.js";
import type { RunOrder } from "../../src/reconciliation/run-order.js";
import { runReconciliation } from "../../src/reconciliation/run-reconciliation.js";
import { sellLongAgo, type SoldPack } from "../support/long-ago.js";
import { type StackSettings, startTestStack, type TestStack } from "../support/stack.js";

/** A stack whose payments happened a while ago: Stripe's clock and that of reconciliation are moved together. */
export interface Scene extends TestStack {
  readonly later: (seconds: number) => Promise<void>;
  readonly reconcileContext: () => ReconcileContext;
  readonly run: (ring: Ring, order?: Partial<RunOrder>) => Promise<Run>;
  readonly open: () => Promise<readonly Discrepancy[]>;
  readonly found: () => Promise<readonly Discrepancy[]>;
}

/** Asks as fast as the machine allows; one test of its own looks at the pace. */
const fast = 100_000;

export async function startReconcileScene(settings: StackSettings = {}): Promise<Scene> {
  const stack = await startTestStack({ roles: ["web"], ...settings });
  await stack.simulator.control.setDelivery({ mode: "drop" });
  let shiftMs = 0;
  const context = (): ReconcileContext => ({
    ...stack.ctx,
    clock: { nowMs: () => Date.now() + shiftMs },
  });
  const read = async (states?: readonly ["open"]) => {
    const page = await readDiscrepancies(stack.ctx.db, {
      projectId: stack.projectId,
      states,
      size: 100,
    });
    expect(page.hasMore).toBe(false);
    return page.data;
  };
  return {
    ...stack,
    later: async (seconds) => {
      await stack.simulator.control.advance({ seconds });
      shiftMs += seconds * 1_000;
    },
    reconcileContext: context,
    run: async (ring, order = {}) => {
      const asked = { projectId: stack.projectId, ring, requestsPerSecond: fast, ...order };
      const outcome = await runReconciliation(context(), asked);
      expect(outcome.kind).toBe("finished");
      return outcome.run;
    },
    open: () => read(["open"]),
    found: () => read(),
  };
}

/** Purchases of the scene that were paid and granted long ago. */
export function soldLongAgo(scene: Scene, count: number): Promise<readonly SoldPack[]> {
  const { projectId, stripeKey } = scene;
  return sellLongAgo(
    { db: scene.ctx.db, control: scene.simulator.control, projectId, stripeKey },
    count,
  );
}

/** A second grant for a purchase, as only somebody with the server in hand can write it: triggers and indexes off. */
export async function grantTwice(
  { ctx }: Pick<TestStack, "ctx">,
  packs: readonly SoldPack[],
): Promise<void> {
  await ctx.db.transaction(async (trx) => {
    await trx.raw("drop index if exists transfers_purchase_granted_once");
    await trx.raw("drop index if exists lots_one_per_purchase");
    await trx.raw("set local session_replication_role = replica");
    for (const { walletId, purchaseId } of packs) {
      await trx.raw(
        `insert into lots (project_id, wallet_id, lot_no, source, purchase_id, granted, remaining, cost_minor, currency, priority)
         select project_id, wallet_id, lot_no + 1, source, purchase_id, granted, granted, cost_minor, currency, priority
         from lots where wallet_id = ? and purchase_id = ?`,
        [walletId, purchaseId],
      );
      await trx.raw(
        `insert into transfers (project_id, wallet_id, seq, amount, available_after, held_after, debt_after, cause_id, cause,
           kind, debit_account, credit_account, lot_no, leg)
         select project_id, wallet_id, seq + 1, amount, available_after + amount, 0, 0, cause_id, cause, kind,
           debit_account, credit_account, lot_no + 1, leg
         from transfers where wallet_id = ? and cause_id = ?`,
        [walletId, purchaseId],
      );
      await trx.raw(
        "update wallets set available = available + 500000000, seq = seq + 1, head_left = null, head_lot_no = null, head_burned = 0, head_expires_at = null where id = ?",
        [walletId],
      );
    }
  });
}

/** Every row that a run may write but for its own, so that "wrote nothing" is a comparison of two of these. */
export async function everythingBut(
  { ctx }: Pick<TestStack, "ctx">,
  projectId: ProjectId,
): Promise<unknown> {
  const { rows } = await ctx.db.raw<{ rows: unknown[] }>(
    `select (select json_agg(d order by d.id) from discrepancies d where project_id = :projectId) as discrepancies,
            (select json_agg(t order by t.wallet_id, t.seq) from transfers t where project_id = :projectId) as transfers,
            (select json_agg(p order by p.id) from purchases p where project_id = :projectId) as purchases,
            (select json_agg(s order by s.purchase_id) from sighted_purchases s where project_id = :projectId) as sighted,
            (select count(*)::int from stripe_events where project_id = :projectId) as events`,
    { projectId },
  );
  return rows[0];
}

/** By which transactions the rows of each table were written, but for the runs': equal means that no row was touched. */
export async function writersOfRows({ ctx }: Pick<TestStack, "ctx">): Promise<unknown> {
  const tables: string[] = await ctx
    .db("pg_tables")
    .where({ schemaname: "public" })
    .whereNot({ tablename: "reconciliation_runs" })
    .orderBy("tablename")
    .pluck("tablename");
  const each = tables.map(
    (name) =>
      `select '${name}' as name, string_agg(t.xmin::text, ',' order by t.ctid) as writers from ${name} t`,
  );
  const { rows } = await ctx.db.raw<{ rows: unknown[] }>(`${each.join(" union all ")} order by 1`);
  return rows;
}
