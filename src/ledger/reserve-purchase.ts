import { present } from "../kernel/assert.js";
import { newId, type WalletId } from "../kernel/ids.js";
import type { Trx } from "../platform/db/connect.js";
import { decideReserve, type Reserve } from "./decide-reserve.js";
import { postMovements } from "./post-movements.js";
import type { NewReserve } from "./reversible.js";

/**
 * Sets credits of a purchase aside in its own lot, under the wallet's lock. A reversal of the purchase takes them first.
 *
 * @returns the reserve, or `undefined` when nothing was set aside: one of the purpose is open, or there is nothing
 * @throws the refusal that `size` gave
 */
export async function reservePurchase(
  trx: Trx,
  { walletId, ...reserve }: Omit<Reserve, "id"> & { readonly walletId: WalletId },
): Promise<NewReserve | undefined> {
  const { purchaseId } = reserve;
  const id = newId("hold");
  const [posting] = await postMovements(trx, [
    { walletId, purchaseId, decide: (book) => decideReserve(book, { ...reserve, id }) },
  ]);
  return present(posting, "one movement has one posting").newReserves[0];
}
