import type { ProjectId, WalletId } from "../kernel/ids.js";
import type { Database, Trx } from "../platform/db/connect.js";
import { type InsertColumns, insertRows } from "../platform/db/insert-rows.js";
import type { Book, Transfer } from "./decide.js";
import type { Lot, NewLot } from "./lots.js";
import { LotRow, TransferRow, WalletRow } from "./models.js";
import { movements } from "./movements.js";

/** Opens the wallet if it is new. One statement for any number of callers at once. */
export async function insertWallet(
  trx: Database | Trx,
  wallet: { readonly id: WalletId; readonly projectId: ProjectId; readonly customerId: string },
): Promise<void> {
  await trx.raw(
    `insert into wallets (id, project_id, customer_id) values (?, ?, ?)
     on conflict (project_id, customer_id) do nothing`,
    [wallet.id, wallet.projectId, wallet.customerId],
  );
}

export async function findWallet(
  trx: Database | Trx,
  projectId: ProjectId,
  customerId: string,
): Promise<WalletRow | undefined> {
  return WalletRow.query(trx).findOne({ project_id: projectId, customer_id: customerId });
}

export async function findWalletById(
  trx: Database | Trx,
  projectId: ProjectId,
  id: WalletId,
): Promise<WalletRow | undefined> {
  return WalletRow.query(trx).findOne({ project_id: projectId, id });
}

export async function findWalletAnywhere(
  trx: Database | Trx,
  id: WalletId,
): Promise<WalletRow | undefined> {
  return WalletRow.query(trx).findById(id);
}

/** Locks ascending by id, and reads nothing: what is read belongs into a later statement, after the locks. */
export async function lockWallets(trx: Trx, ids: readonly WalletId[]): Promise<void> {
  await trx.raw("select 1 from wallets where id = any(?) order by id for no key update", [
    [...ids],
  ]);
}

/** The books of locked wallets, in two statements of constant text whatever their number. */
export async function readBooks(
  trx: Trx,
  ids: readonly WalletId[],
): Promise<ReadonlyMap<WalletId, Book>> {
  const wallets = await WalletRow.query(trx)
    .whereRaw("id = any(?)", [[...ids]])
    .select("wallets.*")
    .select(
      trx.raw(
        "coalesce((select max(lot_no) from lots where wallet_id = wallets.id), 0) as lot_no_last",
      ),
    )
    .castTo<(WalletRow & { readonly lotNoLast: number })[]>();
  const lots = await LotRow.query(trx)
    .select("lots.*")
    .from(trx.raw(spendableLots, [[...ids]]));
  const lotsOf = new Map<WalletId, Lot[]>(ids.map((id) => [id, []]));
  for (const lot of lots) lotsOf.get(lot.walletId)?.push(lot);
  return new Map(
    wallets.map(({ id, projectId, available, held, debt, seq, lotNoLast }) => [
      id,
      {
        walletId: id,
        projectId,
        available,
        held,
        debt,
        seq,
        lotNoLast,
        lots: lotsOf.get(id) ?? [],
      },
    ]),
  );
}

/** `offset 0` keeps it one index probe per wallet; without statistics the planner would read every lot there is. */
const spendableLots = `unnest(?::uuid[]) as asked (id) cross join lateral
  (select * from lots where wallet_id = asked.id and spendable offset 0) lots`;

type OwnedLot = NewLot & { readonly walletId: WalletId; readonly projectId: ProjectId };

const lotColumns: InsertColumns<OwnedLot> = {
  project_id: ["uuid", (lot) => lot.projectId],
  wallet_id: ["uuid", (lot) => lot.walletId],
  lot_no: ["integer", (lot) => lot.lotNo],
  source: ["lot_source", (lot) => lot.source],
  purchase_id: ["uuid", (lot) => lot.purchaseId],
  granted: ["bigint", (lot) => lot.granted],
  cost_minor: ["bigint", (lot) => lot.cost?.amountMinor ?? null],
  currency: ["text", (lot) => lot.cost?.currency ?? null],
  priority: ["smallint", (lot) => lot.priority],
  expires_at: ["timestamptz", (lot) => lot.expiresAt],
};

/** Opens lots, empty: the transfers that follow fill them. */
export async function insertLots(trx: Trx, lots: readonly OwnedLot[]): Promise<void> {
  await insertRows(trx, "lots", lotColumns, lots);
}

const transferColumns: InsertColumns<Transfer> = {
  project_id: ["uuid", (transfer) => transfer.projectId],
  wallet_id: ["uuid", (transfer) => transfer.walletId],
  seq: ["bigint", (transfer) => transfer.seq],
  amount: ["bigint", (transfer) => transfer.amount],
  available_after: ["bigint", (transfer) => transfer.available],
  held_after: ["bigint", (transfer) => transfer.held],
  debt_after: ["bigint", (transfer) => transfer.debt],
  cause_id: ["uuid", (transfer) => transfer.cause.id],
  cause: ["transfer_cause", (transfer) => transfer.cause.type],
  kind: ["transfer_kind", (transfer) => transfer.kind],
  debit_account: ["ledger_account", (transfer) => movements[transfer.kind].from],
  credit_account: ["ledger_account", (transfer) => movements[transfer.kind].to],
  lot_no: ["integer", (transfer) => transfer.lotNo],
  memo: ["text", (transfer) => transfer.memo],
};

/**
 * Appends to the ledger. In the same statement the database checks that each row continues its wallet and takes
 * the new balances and remains over into wallets and lots (`ledger_append` in the migration).
 */
export async function appendTransfers(trx: Trx, transfers: readonly Transfer[]): Promise<void> {
  await insertRows(trx, "transfers", transferColumns, transfers);
}

/** The newest first, behind `seqBefore` when given. */
export async function selectTransfers(
  trx: Database | Trx,
  walletId: WalletId,
  { seqBefore, limit }: { readonly seqBefore: bigint | undefined; readonly limit: number },
): Promise<TransferRow[]> {
  const newest = TransferRow.query(trx)
    .where({ wallet_id: walletId })
    .orderBy("seq", "desc")
    .limit(limit);
  return seqBefore === undefined ? newest : newest.where("seq", "<", String(seqBefore));
}
