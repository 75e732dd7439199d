import { expect } from "vitest";
import {
  newId,
  type ProjectId,
  publicId,
  type PurchaseId,
  type WalletId,
} from "../../src/kernel/ids.js";
import { wholeCredits } from "../../src/kernel/credits.js";
import { decideGrant } from "../../src/ledger/decide-grant.js";
import { postMovements } from "../../src/ledger/post-movements.js";
import type { ReconcileContext } from "../../src/reconciliation/context.js";
import { readDiscrepancies } from "../../src/reconciliation/read-discrepancies.js";
import type { Discrepancy, Ring, Run } from "../../src/reconciliation/rules.js";
import type { RunOrder } from "../../src/reconciliation/run-order.js";
import { runReconciliation } from "../../src/reconciliation/run-reconciliation.js";
import { type StackSettings, startTestStack, testPrice, type TestStack } from "../support/stack.js";

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

/** A purchase that was paid and granted long ago, without a checkout: rows in our books, a charge at Stripe. */
export interface SoldPack {
  readonly purchaseId: PurchaseId;
  readonly walletId: WalletId;
  readonly paymentIntentId: string;
  readonly chargeId: string;
}

const batch = 500;

/** Makes them many at a time; a test of a thousand payments takes seconds so. */
export async function sellLongAgo(
  stack: Pick<TestStack, "ctx" | "simulator" | "projectId" | "stripeKey">,
  count: number,
): Promise<readonly SoldPack[]> {
  const sold: SoldPack[] = [];
  for (let left = count; left > 0; left -= batch) {
    const names = Array.from({ length: Math.min(left, batch) }, () => ({
      purchaseId: newId("purchase"),
      walletId: newId("wallet"),
    }));
    const paid = await Promise.all(
      names.map(async ({ purchaseId }) =>
        stack.simulator.control.createForeignPayment({
          key: stack.stripeKey,
          amount: Number(testPrice.amountMinor),
          currency: testPrice.currency,
          metadata: { chargly_purchase: publicId("purchase", purchaseId) },
        }),
      ),
    );
    const packs = names.map((each, at) => ({
      ...each,
      paymentIntentId: String(paid[at]?.["id"]),
      chargeId: String(paid[at]?.["latest_charge"]),
    }));
    await book(stack, packs);
    sold.push(...packs);
  }
  return sold;
}

async function book(
  { ctx, projectId }: Pick<TestStack, "ctx" | "projectId">,
  packs: readonly SoldPack[],
): Promise<void> {
  await ctx.db.transaction(async (trx) => {
    await trx.raw(
      `insert into wallets (id, project_id, customer_id) select id, ?, 'long-ago-' || id from unnest(?::uuid[]) id`,
      [projectId, `{${packs.map(({ walletId }) => walletId).join(",")}}`],
    );
    await postMovements(
      trx,
      packs.map(({ walletId, purchaseId }) => ({
        walletId,
        opens: true as const,
        decide: (ofWallet) =>
          decideGrant(ofWallet, {
            kind: "purchase",
            amount: wholeCredits(500),
            cost: testPrice,
            expiresAt: null,
            cause: { type: "purchase", id: purchaseId },
            memo: "sold long ago",
          }),
      })),
    );
    await trx.raw(
      `insert into purchases (id, project_id, wallet_id, credit_pack_id, pack_name, credits, amount_minor, currency,
         account_id, livemode, state, payment_intent_id, charge_id, granted, paid_at)
       select sold.id, ?, sold.wallet_id, pack.id, pack.name, 500000000, ?, ?, c.account_id, c.livemode, 'paid',
         sold.payment_intent_id, sold.charge_id, 500000000, now()
       from unnest(?::uuid[], ?::uuid[], ?::text[], ?::text[]) sold (id, wallet_id, payment_intent_id, charge_id)
       cross join (select id, name from credit_packs where project_id = ? limit 1) pack
       join stripe_connections c on c.project_id = ?`,
      [
        projectId,
        testPrice.amountMinor.toString(),
        testPrice.currency,
        `{${packs.map(({ purchaseId }) => purchaseId).join(",")}}`,
        `{${packs.map(({ walletId }) => walletId).join(",")}}`,
        packs.map(({ paymentIntentId }) => paymentIntentId),
        packs.map(({ chargeId }) => chargeId),
        projectId,
        projectId,
      ],
    );
  });
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
            (select count(*)::int from stripe_events where project_id = :projectId) as events`,
    { projectId },
  );
  return rows[0];
}
