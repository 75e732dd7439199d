import type { ProjectId, WalletId } from "../kernel/ids.js";
import type { Database, Trx } from "../platform/db/connect.js";
import type { Balances } from "./movements.js";
import { findWallet, findWalletAnywhere, findWalletById } from "./store/wallets.js";

/** A wallet as others may see it. */
export interface Wallet extends Balances {
  readonly id: WalletId;
  readonly projectId: ProjectId;
  /** The caller's own id of the customer; Chargly never replaces it. */
  readonly customerId: string;
  readonly seq: bigint;
  readonly createdAt: Date;
}

/** The wallet of a customer, or `undefined` when the project has none by that id. */
export function readWallet(
  db: Database | Trx,
  projectId: ProjectId,
  customerId: string,
): Promise<Wallet | undefined> {
  return findWallet(db, projectId, customerId);
}

export function readWalletById(
  db: Database | Trx,
  projectId: ProjectId,
  walletId: WalletId,
): Promise<Wallet | undefined> {
  return findWalletById(db, projectId, walletId);
}

/** For whoever holds a link that Chargly signed: it names a wallet and no project. */
export function readWalletAnywhere(
  db: Database | Trx,
  walletId: WalletId,
): Promise<Wallet | undefined> {
  return findWalletAnywhere(db, walletId);
}
