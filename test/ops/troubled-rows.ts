import { randomUUID } from "node:crypto";
import {
  newId,
  type ProjectId,
  type PurchaseId,
  type UsageBatchId,
  type WalletId,
} from "../../src/kernel/ids.js";
import { openWallet } from "../../src/ledger/open-wallet.js";
import { eventIdAt, toBatchId } from "../../src/metering/rules.js";
import type { RefundId } from "../../src/reversals/rules.js";
import type { Database } from "../../src/platform/db/connect.js";
import { insertProject } from "../support/ledger.js";

/** A purchase that was paid in another amount than agreed. */
export function insertQuarantined(
  db: Database,
  problem = "The amount at Stripe is $19.99, but $9.99 was agreed.",
): Promise<Inserted> {
  return insertPurchase(db, {
    problem,
    state: "pending",
    quarantined_at: db.raw("clock_timestamp()"),
  });
}

/** A purchase that gave its credits, as it says, and what is not clear about its refunds. */
export function insertBought(db: Database, problem: string | null = null): Promise<Inserted> {
  return insertPurchase(db, { problem, state: "paid", granted: 500_000_000n });
}

/** A refund that is not finished. */
export async function insertRefund(
  db: Database,
  { id: purchase_id, projectId: project_id, walletId: wallet_id }: Inserted,
  refund: { readonly createdSecondsAgo: number; readonly stripeRefundId?: string },
): Promise<RefundId> {
  const id = newId("refund");
  await db("refunds").insert({
    id,
    project_id,
    wallet_id,
    purchase_id,
    account_id: "acct_1OpsTestAccount",
    charge_id: `ch_3Ops${randomUUID().slice(0, 8)}`,
    amount_minor: 999n,
    currency: "usd",
    credits: 500_000_000n,
    actor: "test",
    state: refund.stripeRefundId === undefined ? "requested" : "accepted",
    stripe_refund_id: refund.stripeRefundId ?? null,
    next_attempt_at: db.raw("clock_timestamp()"),
    created_at: db.raw("clock_timestamp() - make_interval(secs => ?)", [refund.createdSecondsAgo]),
  });
  return id;
}

interface Inserted {
  readonly id: PurchaseId;
  readonly projectId: ProjectId;
  readonly walletId: WalletId;
}

async function insertPurchase(
  db: Database,
  how: Readonly<Record<string, unknown>>,
): Promise<Inserted> {
  const projectId = await insertProject(db);
  const wallet = await openWallet(db, projectId, "user_123");
  const packId = newId("creditPack");
  const terms = { credits: 500_000_000n, amount_minor: 999n, currency: "usd" };
  await db("credit_packs").insert({
    id: packId,
    project_id: projectId,
    code: "credits-500",
    version: 1,
    name: "500 credits",
    on_sale: true,
    ...terms,
  });
  const id = newId("purchase");
  await db("purchases").insert({
    id,
    project_id: projectId,
    wallet_id: wallet.id,
    credit_pack_id: packId,
    pack_name: "500 credits",
    account_id: "acct_1OpsTestAccount",
    livemode: false,
    ...how,
    checkout_session_id: `cs_test_${randomUUID()}`,
    payment_intent_id: `pi_3Ops${randomUUID().replaceAll("-", "").slice(0, 16)}`,
    ...terms,
  });
  return { id, projectId, walletId: wallet.id };
}

/** An event in the inbox that had no effect. */
export async function insertTroubled(
  db: Database,
  event: {
    readonly eventId: string;
    readonly status: "failed" | "unhandled" | "ignored" | "processed";
    readonly reason?: string;
    readonly type?: string;
    readonly projectId?: ProjectId;
  },
): Promise<void> {
  await db("stripe_events").insert({
    id: newId("stripeEvent"),
    project_id: event.projectId ?? newId("project"),
    account_id: "acct_1OpsTestAccount",
    livemode: false,
    event_id: event.eventId,
    type: event.type ?? "checkout.session.completed",
    payload: "{}",
    status: event.status,
    reason: event.reason ?? null,
    attempts: 3,
    next_attempt_at: null,
    finished_at: db.raw("clock_timestamp()"),
  });
}

/** Usage that was accepted and that nobody could apply. */
export async function insertQuarantinedBatch(
  db: Database,
  problem: string,
  projectId?: ProjectId,
): Promise<UsageBatchId> {
  const id = toBatchId(newId("usageBatch"));
  await db("usage_batches").insert({
    id,
    project_id: projectId ?? (await insertProject(db)),
    last_id: eventIdAt(id, 2),
    lane: 0,
    events: 3,
    problem,
    quarantined_at: db.raw("clock_timestamp()"),
  });
  return id;
}
