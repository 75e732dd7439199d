import type { ProjectId, WalletId } from "../../kernel/ids.js";
import type { Trx } from "../../platform/db/connect.js";
import { type InsertColumns, insertRows } from "../../platform/db/insert-rows.js";
import type { PlacedHold, Transfer } from "../decide.js";
import type { NewLot } from "../lots.js";
import type { NewReserve } from "../reversible.js";
import { movements } from "../movements.js";

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

type OwnedHold = PlacedHold & { readonly walletId: WalletId; readonly projectId: ProjectId };

const holdColumns: InsertColumns<OwnedHold> = {
  project_id: ["uuid", (hold) => hold.projectId],
  wallet_id: ["uuid", (hold) => hold.walletId],
  id: ["uuid", (hold) => hold.id],
  amount: ["bigint", (hold) => hold.amount],
  over_capture: ["text", (hold) => hold.overCapture],
  rate_card_version: ["integer", (hold) => hold.rateCardVersion],
  api_key_id: ["uuid", (hold) => hold.apiKeyId],
  description: ["text", (hold) => hold.description],
  created_at: ["timestamptz", (hold) => hold.createdAt],
  expires_at: ["timestamptz", (hold) => hold.expiresAt],
};

/** Opens holds, empty: the transfers that follow fill them. */
export async function insertHolds(trx: Trx, holds: readonly OwnedHold[]): Promise<void> {
  await insertRows(trx, "holds", holdColumns, holds);
}

type OwnedReserve = NewReserve & { readonly walletId: WalletId; readonly projectId: ProjectId };

const reserveColumns: InsertColumns<OwnedReserve> = {
  project_id: ["uuid", (reserve) => reserve.projectId],
  wallet_id: ["uuid", (reserve) => reserve.walletId],
  id: ["uuid", (reserve) => reserve.id],
  amount: ["bigint", (reserve) => reserve.amount],
  over_capture: ["text", () => "reject"],
  rate_card_version: ["integer", () => 0],
  purpose: ["text", (reserve) => reserve.purpose],
  purchase_id: ["uuid", (reserve) => reserve.purchaseId],
};

/** Opens reserves, empty: the transfers that follow fill them. */
export async function insertReserves(trx: Trx, reserves: readonly OwnedReserve[]): Promise<void> {
  await insertRows(trx, "holds", reserveColumns, reserves);
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
  hold_id: ["uuid", (transfer) => transfer.holdId],
  leg: ["smallint", (transfer) => transfer.leg],
  memo: ["text", (transfer) => transfer.memo],
};

/**
 * Appends to the ledger. In the same statement the database checks that each row continues its wallet and takes
 * the new balances and remains over into wallets, lots and holds (`ledger_append` in the migration).
 */
export async function appendTransfers(trx: Trx, transfers: readonly Transfer[]): Promise<void> {
  await insertRows(trx, "transfers", transferColumns, transfers);
}
