import type { ApiKeyId, HoldId, ProjectId } from "../kernel/ids.js";
import { setHoldExpiry } from "../ledger/set-hold-expiry.js";
import type { HoldOfWallet } from "../ledger/read-hold.js";
import type { Trx } from "../platform/db/connect.js";
import { moveHold } from "./move-hold.js";
import { findHold } from "./read-holds.js";
import { decideExtension } from "./rules.js";

export interface ExtendOrder {
  readonly holdId: HoldId;
  /** The key that asks. */
  readonly apiKeyId: ApiKeyId;
  readonly expiresInSeconds: number;
}

/**
 * Lets a hold last until so many seconds from now, by the database's clock.
 *
 * @throws Refusal `not_found`, `hold_not_open` with the `state` it is in, or `conflict` when it would not last longer
 *   than it does already, or longer than a day in all
 */
export async function extendHold(
  trx: Trx,
  projectId: ProjectId,
  { holdId, apiKeyId, expiresInSeconds }: ExtendOrder,
): Promise<HoldOfWallet> {
  const { hold } = await findHold(trx, projectId, holdId);
  const { expiresAt } = await moveHold(trx, projectId, hold, {
    apiKeyId,
    decide: (book, { now, token }) =>
      decideExtension(book, { holdId, expiresInSeconds, now, token }),
  });
  await setHoldExpiry(trx, { ...hold, expiresAt });
  return findHold(trx, projectId, holdId);
}
