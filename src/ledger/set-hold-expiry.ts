import { assert } from "../kernel/assert.js";
import type { HoldId, WalletId } from "../kernel/ids.js";
import type { Trx } from "../platform/db/connect.js";
import { updateHoldExpiry } from "./store/holds.js";

/**
 * Writes until when an open hold lasts, and moves nothing. The caller has locked its wallet and decided under that
 * lock, so that no capture and no expiry comes between.
 */
export async function setHoldExpiry(
  trx: Trx,
  hold: { readonly id: HoldId; readonly walletId: WalletId; readonly expiresAt: Date },
): Promise<void> {
  const updated = await updateHoldExpiry(trx, hold);
  assert(updated === 1, "a hold that is open under the lock is still open");
}
