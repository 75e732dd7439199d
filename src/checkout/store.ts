import { describePack } from "../catalogue/rules.js";
import { assert, present } from "../kernel/assert.js";
import type { Credits } from "../kernel/credits.js";
import type { ProjectId, PurchaseId } from "../kernel/ids.js";
import type { Money } from "../kernel/money.js";
import type { Database, Trx } from "../platform/db/connect.js";
import { PurchaseRow } from "./models.js";
import type { Purchase, PurchaseState } from "./rules.js";

type NewPurchase = Omit<
  Purchase,
  | "description"
  | "state"
  | "checkoutSessionId"
  | "checkoutUrl"
  | "paymentIntentId"
  | "chargeId"
  | "problem"
  | "quarantinedAt"
  | "granted"
  | "reversed"
  | "reversals"
  | "disputed"
  | "revision"
  | "checks"
  | "paidAt"
  | "createdAt"
>;

/** The open one that is in the way may be settled before it can be locked; then there is room for a new one. */
const insertRoundsMax = 3;

/**
 * Writes the purchase, unless the wallet has an open one of the same pack version in the same Stripe account. Answers
 * the one that is open now, locked.
 */
export async function insertOrFindOpenPurchase(
  trx: Trx,
  purchase: NewPurchase,
  checkAfterSeconds: number,
): Promise<Purchase> {
  for (let round = 1; ; round++) {
    await insertUnlessOpen(trx, purchase, checkAfterSeconds);
    const row = await PurchaseRow.query(trx)
      .where({
        wallet_id: purchase.walletId,
        credit_pack_id: purchase.creditPackId,
        account_id: purchase.accountId,
      })
      .whereIn("state", ["created", "pending", "processing"])
      .whereNull("quarantined_at")
      .forUpdate()
      .first();
    if (row !== undefined) return toPurchase(row);
    assert(round < insertRoundsMax, "an open purchase was written or found");
  }
}

async function insertUnlessOpen(
  trx: Trx,
  { price, ...purchase }: NewPurchase,
  checkAfterSeconds: number,
): Promise<void> {
  const nextCheckAt = trx.raw("clock_timestamp() + make_interval(secs => ?)", [checkAfterSeconds]);
  await PurchaseRow.query(trx)
    .insert({ ...purchase, ...price, nextCheckAt })
    .onConflict(
      trx.raw(
        "(wallet_id, credit_pack_id, account_id) where state in ('created', 'pending', 'processing') and quarantined_at is null",
      ),
    )
    .ignore();
}

export async function findPurchase(
  trx: Database | Trx,
  projectId: ProjectId,
  id: PurchaseId,
): Promise<Purchase | undefined> {
  const row = await PurchaseRow.query(trx).findOne({ project_id: projectId, id });
  return row === undefined ? undefined : toPurchase(row);
}

/** For pages that are reached by an unguessable id instead of a key. */
export async function findPurchaseAnywhere(
  trx: Database | Trx,
  id: PurchaseId,
): Promise<Purchase | undefined> {
  const row = await PurchaseRow.query(trx).findById(id);
  return row === undefined ? undefined : toPurchase(row);
}

export async function lockPurchase(trx: Trx, id: PurchaseId): Promise<Purchase> {
  const row = await PurchaseRow.query(trx).findById(id).forUpdate();
  return toPurchase(present(row, "a purchase is never deleted"));
}

/** A purchase by the id of one of its objects in the project's Stripe account. */
export async function findPurchaseByStripe(
  trx: Database | Trx,
  owner: Pick<Purchase, "projectId" | "accountId">,
  column: "checkout_session_id" | "payment_intent_id" | "charge_id",
  id: string,
): Promise<Purchase | undefined> {
  const row = await PurchaseRow.query(trx).findOne({
    project_id: owner.projectId,
    account_id: owner.accountId,
    [column]: id,
  });
  return row === undefined ? undefined : toPurchase(row);
}

/** Keeps the session that was made for a purchase. What an event said of it meanwhile is not overwritten. */
export async function keepSession(
  trx: Trx,
  id: PurchaseId,
  session: { readonly id: string; readonly url: string },
): Promise<void> {
  await trx.raw(
    `update purchases
     set checkout_session_id = ?, checkout_url = ?, revision = revision + 1, updated_at = clock_timestamp(),
         state = case when state = 'created' then 'pending' else state end
     where id = ? and checkout_url is null and coalesce(checkout_session_id, ?) = ?`,
    [session.id, session.url, id, session.id, session.id],
  );
}

export interface SettledColumns {
  readonly state: PurchaseState;
  readonly problem: string | null;
  readonly quarantine: boolean;
  readonly granted: Credits;
  readonly reversed: Credits;
  readonly reversals: number;
  readonly disputed: boolean;
  readonly checkoutSessionId: string;
  readonly paymentIntentId: string | null;
  readonly chargeId: string | null;
  /** When to look without being asked; `null` when nothing is expected any more. */
  readonly checkAfterSeconds: number | null;
}

/** Stripe's words may be longer than a row takes. */
const problemLengthMax = 500;

/** Writes what settling decided, under the row's lock. */
export async function updateSettled(
  trx: Trx,
  id: PurchaseId,
  settled: SettledColumns,
): Promise<Purchase> {
  const row = await PurchaseRow.query(trx)
    .patch({
      state: settled.state,
      problem: settled.problem?.slice(0, problemLengthMax) ?? null,
      granted: settled.granted,
      reversed: settled.reversed,
      reversals: settled.reversals,
      disputed: settled.disputed,
      checkoutSessionId: settled.checkoutSessionId,
      paymentIntentId: settled.paymentIntentId,
      chargeId: settled.chargeId,
      quarantinedAt: settled.quarantine
        ? trx.raw("coalesce(quarantined_at, clock_timestamp())")
        : null,
      nextCheckAt:
        settled.checkAfterSeconds === null
          ? null
          : trx.raw("clock_timestamp() + make_interval(secs => ?)", [settled.checkAfterSeconds]),
      checks: 0,
      revision: trx.raw("revision + 1"),
      ...(settled.granted > 0n ? { paidAt: trx.raw("coalesce(paid_at, clock_timestamp())") } : {}),
      updatedAt: trx.raw("clock_timestamp()"),
    })
    .where({ id })
    .returning("*")
    .first();
  return toPurchase(present(row, "a locked purchase is updated"));
}

/** Open purchases whose time to be looked at has come. Their next look is pushed away, so that two sweeps share them. */
export async function claimPurchasesToCheck(
  db: Database,
  { limit, pauseSeconds }: { readonly limit: number; readonly pauseSeconds: number },
): Promise<readonly { readonly id: PurchaseId; readonly projectId: ProjectId }[]> {
  const { rows } = await db.raw<{ rows: { id: PurchaseId; project_id: ProjectId }[] }>(
    `update purchases p set next_check_at = clock_timestamp() + make_interval(secs => ?)
     from (select id from purchases
           where next_check_at <= clock_timestamp() and checkout_session_id is not null
           order by next_check_at limit ? for update skip locked) due
     where p.id = due.id returning p.id, p.project_id`,
    [pauseSeconds, limit],
  );
  return rows.map((row) => ({ id: row.id, projectId: row.project_id }));
}

/** Counts a look that changed nothing, and says when the next one is. */
export async function postponeCheck(
  db: Database,
  id: PurchaseId,
  checkAfterSeconds: number,
): Promise<void> {
  await db.raw(
    `update purchases set checks = checks + 1, next_check_at = clock_timestamp() + make_interval(secs => ?)
     where id = ? and next_check_at is not null`,
    [checkAfterSeconds, id],
  );
}

/** Which of these are no longer open. One query for everybody who waits. */
export async function selectClosedPurchases(
  db: Database,
  ids: readonly PurchaseId[],
): Promise<readonly PurchaseId[]> {
  const rows = await PurchaseRow.query(db)
    .select("id")
    .whereIn("id", [...ids])
    .where(
      (query) =>
        void query
          .whereNotIn("state", ["created", "pending", "processing"])
          .orWhereNotNull("quarantined_at"),
    );
  return rows.map((row) => row.id);
}

/** A purchase whose payment is not what was agreed. It gave no credits, and a person must decide. */
export interface QuarantinedPurchase {
  readonly id: PurchaseId;
  readonly projectId: ProjectId;
  readonly description: string;
  readonly credits: Credits;
  readonly price: Money;
  /** What does not match, for people. */
  readonly reason: string;
  readonly accountId: string;
  readonly livemode: boolean;
  readonly checkoutSessionId: string | null;
  readonly paymentIntentId: string | null;
  readonly quarantinedAt: Date;
}

/** The newest first, over all projects; reads an index that holds nothing else. */
export async function selectQuarantined(
  db: Database,
  limit: number,
): Promise<readonly QuarantinedPurchase[]> {
  const rows = await PurchaseRow.query(db)
    .whereNotNull("quarantined_at")
    .orderBy("quarantined_at", "desc")
    .limit(limit);
  return rows.map(toPurchase).map(asQuarantined);
}

/** Those of one project by the order of their ids, the newest first, behind `idBefore` when given. */
export async function selectQuarantinedOf(
  db: Database,
  projectId: ProjectId,
  { idBefore, limit }: { readonly idBefore: string | undefined; readonly limit: number },
): Promise<readonly QuarantinedPurchase[]> {
  const newest = PurchaseRow.query(db)
    .where({ project_id: projectId })
    .whereNotNull("quarantined_at")
    .orderBy("id", "desc")
    .limit(limit);
  if (idBefore !== undefined) void newest.where("id", "<", idBefore);
  return (await newest).map(toPurchase).map(asQuarantined);
}

function asQuarantined(purchase: Purchase): QuarantinedPurchase {
  return {
    ...purchase,
    reason: purchase.problem ?? "No reason was kept.",
    quarantinedAt: present(purchase.quarantinedAt, "a quarantined purchase says since when"),
  };
}

/** Purchases that have no end yet, over all projects. */
export interface UnsettledPurchases {
  /** Waiting for a payment or for its confirmation. */
  readonly open: number;
  /** Waiting for a person. */
  readonly quarantined: number;
}

export async function countUnsettled(db: Database): Promise<UnsettledPurchases> {
  const { rows } = await db.raw<{ rows: UnsettledPurchases[] }>(
    `select (select count(*)::int from purchases
              where state in ('created', 'pending', 'processing') and quarantined_at is null) as open,
            (select count(*)::int from purchases where quarantined_at is not null) as quarantined`,
  );
  return present(rows[0], "counting answers one row");
}

export function toPurchase({ amountMinor, currency, ...row }: PurchaseRow): Purchase {
  const price = { amountMinor, currency };
  return { ...row, price, description: describePack({ name: row.packName, price }) };
}
