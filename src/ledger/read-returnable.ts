import type { PurchaseId, WalletId } from "../kernel/ids.js";
import type { Database, Trx } from "../platform/db/connect.js";
import type { Returnable } from "./decide-reserve.js";
import { selectReturnable } from "./store/reversible.js";

export type { Returnable } from "./decide-reserve.js";

/**
 * What a purchase has for a refund, read without locks: to tell what {@link reservePurchase} would be told now.
 * `undefined` when the purchase gave the wallet nothing.
 */
export function readReturnable(
  db: Database | Trx,
  purchase: { readonly walletId: WalletId; readonly purchaseId: PurchaseId },
): Promise<Returnable | undefined> {
  return selectReturnable(db, purchase);
}
