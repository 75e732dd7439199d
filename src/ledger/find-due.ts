import type { Database, Trx } from "../platform/db/connect.js";
import {
  type DueHold,
  type DueOptions,
  type DueWallet,
  selectDueHolds,
  selectWalletsWithDueLots,
} from "./store/expiring.js";
export type { DueHold, DueOptions, DueWallet } from "./store/expiring.js";

/** Open holds whose time is over by the clock of the database. Only a hint: the decision under the lock is what counts. */
export function findDueHolds(db: Database | Trx, options: DueOptions): Promise<readonly DueHold[]> {
  return selectDueHolds(db, options);
}

/** Wallets with expired credits that no hold has taken aside. Only a hint, too. */
export function findWalletsWithDueLots(
  db: Database | Trx,
  options: DueOptions,
): Promise<readonly DueWallet[]> {
  return selectWalletsWithDueLots(db, options);
}
