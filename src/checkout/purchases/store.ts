import type { CreditPackId, ProjectId, PurchaseId, WalletId } from "../../kernel/ids.js";
import type { Database, Trx } from "../../platform/db/connect.js";
import { PurchaseRow } from "../models.js";
import type { CheckoutStatus } from "../render-checkout.js";
import type { Purchase, PurchaseState } from "../rules.js";
import { toPurchase } from "../store.js";

/** A purchase, whose it is, and the pack in the version that was sold. */
export interface SoldPurchase {
  readonly purchase: Purchase;
  readonly customerId: string;
  readonly pack: { readonly id: CreditPackId; readonly code: string; readonly version: number };
}

export interface PurchaseFilter {
  readonly walletId?: WalletId | undefined;
  readonly status?: CheckoutStatus | undefined;
  /** Begun at or after, and before; by the clock that made the id. */
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
}

export interface PurchasesAsked extends PurchaseFilter {
  readonly idBefore: PurchaseId | undefined;
  readonly limit: number;
}

/** The newest first. An id begins with its time, so times are ranges of ids. */
export async function selectPurchases(
  db: Database | Trx,
  projectId: ProjectId,
  { walletId, status, from, to, idBefore, limit }: PurchasesAsked,
): Promise<readonly SoldPurchase[]> {
  const query = withOwner(db)
    .where("purchases.project_id", projectId)
    .orderBy("purchases.id", "desc")
    .limit(limit);
  if (walletId !== undefined) query.where("purchases.wallet_id", walletId);
  if (status === "quarantined") query.whereNotNull("purchases.quarantined_at");
  else if (status !== undefined)
    query.whereIn("purchases.state", statesOf(status)).whereNull("purchases.quarantined_at");
  if (from !== undefined) query.where("purchases.id", ">=", idFloor(from));
  if (to !== undefined) query.where("purchases.id", "<", idFloor(to));
  if (idBefore !== undefined) query.where("purchases.id", "<", idBefore);
  return (await query).map(toSold);
}

export async function findSoldPurchase(
  db: Database | Trx,
  projectId: ProjectId,
  id: PurchaseId,
): Promise<SoldPurchase | undefined> {
  const rows = await withOwner(db).where({ "purchases.project_id": projectId, "purchases.id": id });
  return rows.map(toSold)[0];
}

/** Granted ones whose refunds or disputes are not clear, the newest first, over all projects. */
export async function selectUnclear(
  db: Database | Trx,
  limit: number,
): Promise<readonly Purchase[]> {
  const rows = await PurchaseRow.query(db)
    .whereNotNull("problem")
    .where("granted", ">", 0)
    .orderBy("id", "desc")
    .limit(limit);
  return rows.map(toPurchase);
}

type Row = PurchaseRow & {
  readonly customerId: string;
  readonly packCode: string;
  readonly packVersion: number;
};

/** By index, however few wallets and packs there are. */
function withOwner(db: Database | Trx) {
  return PurchaseRow.query(db)
    .select("purchases.*", "owner.customer_id", "pack.code as pack_code")
    .select("pack.version as pack_version")
    .joinRaw(
      "cross join lateral (select customer_id from wallets where id = purchases.wallet_id offset 0) owner",
    )
    .joinRaw(
      "cross join lateral (select code, version from credit_packs where id = purchases.credit_pack_id offset 0) pack",
    )
    .castTo<Row[]>();
}

function toSold(row: Row): SoldPurchase {
  const { customerId, creditPackId, packCode, packVersion } = row;
  const pack = { id: creditPackId, code: packCode, version: packVersion };
  return { purchase: toPurchase(row), customerId, pack };
}

function statesOf(status: Exclude<CheckoutStatus, "quarantined">): PurchaseState[] {
  return status === "pending" ? ["created", "pending"] : [status];
}

/** The lowest id of an instant. */
function idFloor(at: Date): string {
  const hex = Math.max(0, at.getTime()).toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}
