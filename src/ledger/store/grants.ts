import type { Credits } from "../../kernel/credits.js";
import type { PurchaseId } from "../../kernel/ids.js";
import type { Database, Trx } from "../../platform/db/connect.js";

/** What the ledger gave for one purchase. */
export interface PurchaseGrant {
  readonly purchaseId: PurchaseId;
  readonly credits: Credits;
  /** More than one is a bug, or somebody's hand. */
  readonly transfers: number;
}

/** One row for each of the purchases that was granted anything; reads the index of grants. */
export async function selectPurchaseGrants(
  db: Database | Trx,
  ids: readonly PurchaseId[],
): Promise<readonly PurchaseGrant[]> {
  const { rows } = await db.raw<{ rows: PurchaseGrant[] }>(
    `select cause_id as "purchaseId", sum(amount)::bigint as credits, count(*)::int as transfers
     from transfers where kind = 'purchase' and cause_id = any(?::uuid[]) group by cause_id`,
    [`{${ids.join(",")}}`],
  );
  return rows;
}

/** The lot that a purchase filled. */
export interface PurchaseLot {
  readonly purchaseId: PurchaseId;
  /** What is left in it, with what is set aside. */
  readonly remaining: Credits;
  /** What of that is set aside, by holds, for a refund, or because of a warning of fraud. */
  readonly held: Credits;
  /** What left it otherwise than by being taken back for this purchase: spent, expired, or paid a debt. */
  readonly used: Credits;
  readonly expiresAt: Date | null;
}

/** One row for each of the purchases that was granted; reads the lot and the purchase's own reversals, by indexes. */
export async function selectPurchaseLots(
  db: Database | Trx,
  ids: readonly PurchaseId[],
): Promise<readonly PurchaseLot[]> {
  const { rows } = await db.raw<{ rows: PurchaseLot[] }>(
    `select l.purchase_id as "purchaseId", left_in.remaining, l.held,
       (l.granted - left_in.remaining - taken.amount)::bigint as used, l.expires_at as "expiresAt"
     from lots l
     cross join lateral (
       select l.remaining - (case when head_lot_no = l.lot_no then head_burned else 0 end) as remaining
       from wallets where id = l.wallet_id offset 0
     ) left_in
     cross join lateral (
       select coalesce(sum(case t.kind when 'reversal' then t.amount else -t.amount end), 0) as amount
       from (select id from reversals where purchase_id = l.purchase_id offset 0) r
       cross join lateral (
         select kind, amount from transfers where cause_id = r.id and cause = 'reversal'
           and kind in ('reversal', 'reinstatement') and lot_no = l.lot_no offset 0
       ) t
     ) taken
     where l.purchase_id = any(?::uuid[])`,
    [`{${ids.join(",")}}`],
  );
  return rows;
}
