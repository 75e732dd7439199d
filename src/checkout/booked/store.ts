import type { Credits } from "../../kernel/credits.js";
import type { ProjectId, PurchaseId, WalletId } from "../../kernel/ids.js";
import type { Database, Trx } from "../../platform/db/connect.js";
import type { PurchaseState } from "../rules.js";

/** A purchase as reconciliation compares it with Stripe. */
export interface BookedPurchase {
  readonly id: PurchaseId;
  readonly projectId: ProjectId;
  readonly walletId: WalletId;
  readonly credits: Credits;
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly allowPromotionCodes: boolean;
  readonly state: PurchaseState;
  readonly isQuarantined: boolean;
  readonly problem: string | null;
  readonly sessionId: string | null;
  readonly paymentIntentId: string | null;
  readonly granted: Credits;
  /** Taken back for refunds and disputes. */
  readonly reversed: Credits;
}

/** A refund or dispute as it was seen last, with what it withholds. */
export interface BookedReturn {
  /** `re_…` or `du_…` */
  readonly id: string;
  readonly kind: "refund" | "dispute";
  readonly status: string;
  readonly amountMinor: bigint;
  /** Of a dispute; null for refunds, and when its movements do not add up. */
  readonly withheldMinor: bigint | null;
}

/** An account of Stripe in one of its modes, and names that its payments go by. */
export interface BookedQuestion {
  readonly accountId: string;
  readonly livemode: boolean;
  readonly purchaseIds: readonly PurchaseId[];
  readonly sessionIds: readonly string[];
  readonly paymentIntentIds: readonly string[];
}

/** In the account, whichever project sold it. One look into each of three indexes, whatever the number of names. */
export async function selectBooked(
  db: Database | Trx,
  { accountId, livemode, purchaseIds, sessionIds, paymentIntentIds }: BookedQuestion,
): Promise<readonly BookedPurchase[]> {
  const { rows } = await db.raw<{ rows: BookedPurchase[] }>(
    `select p.id, p.project_id as "projectId", p.wallet_id as "walletId", p.credits, p.amount_minor as "amountMinor",
            p.currency, p.allow_promotion_codes as "allowPromotionCodes", p.state,
            p.quarantined_at is not null as "isQuarantined", p.problem, p.checkout_session_id as "sessionId",
            p.payment_intent_id as "paymentIntentId", p.granted, p.reversed
     from (select id from purchases where id = any(?::uuid[])
           union select id from purchases where account_id = ? and checkout_session_id = any(?::text[])
           union select id from purchases where account_id = ? and payment_intent_id = any(?::text[])) named
     join purchases p on p.id = named.id
     where p.account_id = ? and p.livemode = ?`,
    [
      `{${purchaseIds.join(",")}}`,
      accountId,
      [...sessionIds],
      accountId,
      [...paymentIntentIds],
      accountId,
      livemode,
    ],
  );
  return rows;
}

export type GrantedPurchase = Pick<
  BookedPurchase,
  "id" | "walletId" | "amountMinor" | "currency" | "credits" | "sessionId" | "paymentIntentId"
> & {
  /** Where to read on behind it. */
  readonly place: string;
};

export interface GrantedQuestion extends Pick<BookedQuestion, "accountId" | "livemode"> {
  readonly projectId: ProjectId;
  readonly from: Date;
  readonly to: Date;
  /** The place of the last one of the page before. */
  readonly after: string | null;
  readonly limit: number;
}

/** Those that were paid in a stretch of time, the first paid first. */
export async function selectGranted(
  db: Database | Trx,
  { projectId, accountId, livemode, from, to, after, limit }: GrantedQuestion,
): Promise<readonly GrantedPurchase[]> {
  const [afterTime = "", afterId = ""] = (after ?? `${from.toISOString()} ${uuidLowest}`).split(
    " ",
  );
  const { rows } = await db.raw<{ rows: GrantedPurchase[] }>(
    `select id, wallet_id as "walletId", amount_minor as "amountMinor", currency, credits,
            checkout_session_id as "sessionId", payment_intent_id as "paymentIntentId",
            to_char(coalesce(paid_at, created_at) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || ' ' || id as place
     from purchases
     where project_id = ? and account_id = ? and livemode = ? and granted > 0
       and (coalesce(paid_at, created_at), id) > (?::timestamptz, ?::uuid) and coalesce(paid_at, created_at) <= ?
     order by coalesce(paid_at, created_at), id limit ?`,
    [projectId, accountId, livemode, afterTime, afterId, to, limit],
  );
  return rows;
}

const uuidLowest = "00000000-0000-0000-0000-000000000000";

/** What is kept of these refunds and disputes of an account. */
export async function selectBookedReturns(
  db: Database | Trx,
  accountId: string,
  ids: readonly string[],
): Promise<readonly BookedReturn[]> {
  const { rows } = await db.raw<{ rows: BookedReturn[] }>(
    `select refund_id as id, 'refund' as kind, status, amount_minor as "amountMinor", null::bigint as "withheldMinor"
     from stripe_refunds where account_id = ? and refund_id = any(?::text[])
     union all
     select dispute_id, 'dispute', status, amount_minor, withdrawn_minor - reinstated_minor
     from stripe_disputes where account_id = ? and dispute_id = any(?::text[])`,
    [accountId, [...ids], accountId, [...ids]],
  );
  return rows;
}

/** When the oldest purchase that a project made in an account was made. Ids are in order of time, so the key leads. */
export async function selectOldestPurchase(
  db: Database | Trx,
  projectId: ProjectId,
  accountId: string,
): Promise<Date | null> {
  const { rows } = await db.raw<{ rows: { oldest: Date }[] }>(
    `select created_at as oldest from purchases where project_id = ? and account_id = ?
     order by id limit 1`,
    [projectId, accountId],
  );
  return rows[0]?.oldest ?? null;
}
