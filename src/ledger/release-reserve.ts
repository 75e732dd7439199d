import type { WalletId } from "../kernel/ids.js";
import type { Trx } from "../platform/db/connect.js";
import { decideReserveRelease, type ReserveRelease } from "./decide-reserve.js";
import { postMovements } from "./post-movements.js";

/** Gives back what is left of the open reserve of a purchase; nothing when none is open any more. */
export async function releaseReserve(
  trx: Trx,
  { walletId, ...release }: ReserveRelease & { readonly walletId: WalletId },
): Promise<void> {
  const { purchaseId } = release;
  await postMovements(trx, [
    { walletId, purchaseId, decide: (book) => decideReserveRelease(book, release) },
  ]);
}
