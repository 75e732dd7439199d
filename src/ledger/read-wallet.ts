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
  readonly frozenAt: Date | null;
  readonly frozenBecause: string | null;
  readonly createdAt: Date;
}

/** Since when and why nothing is spent from a wallet. */
export interface Freeze {
  readonly since: Date;
  /** The operator's own words; the customer does not see them. */
  readonly reason: string;
}

/** `null` when the wallet is not frozen. */
export function freezeOf({
  frozenAt,
  frozenBecause,
}: Pick<Wallet, "frozenAt" | "frozenBecause">): Freeze | null {
  if (frozenAt === null || frozenBecause === null) return null;
  return { since: frozenAt, reason: frozenBecause };
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
