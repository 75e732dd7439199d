import { type Credits, creditsLimit, formatCredits, zeroCredits } from "../kernel/credits.js";
import { Refusal } from "../kernel/refusals.js";
import { decideGrant } from "../ledger/decide-grant.js";
import { postMovements } from "../ledger/post-movements.js";
import type { Trx } from "../platform/db/connect.js";
import { instantInDays } from "../platform/db/instant-in-days.js";
import type { Purchase, Settlement } from "./rules.js";

/**
 * Posts the credits that are due. A wallet that is too full stays so for a while, so a person decides; the ledger
 * refuses before it writes anything.
 */
export async function grantOrHold(
  trx: Trx,
  purchase: Purchase,
  due: Settlement,
): Promise<Settlement> {
  try {
    await postGrant(trx, purchase, due.grant);
    return due;
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== "balance_limit") throw error;
    const problem = `It was paid as agreed, but the wallet cannot take ${formatCredits(due.grant)} credits more: it would reach ${formatCredits(creditsLimit)}.`;
    const { state, reversed, disputed } = purchase;
    return { state, grant: zeroCredits, reversed, disputed, problem, quarantine: true };
  }
}

/** The wallet's lot for the purchase. The database has one grant per purchase, whatever happens here. */
async function postGrant(trx: Trx, purchase: Purchase, amount: Credits): Promise<void> {
  const expiresAt = await instantInDays(trx, purchase.validityDays); // counts from the grant
  await postMovements(trx, [
    {
      walletId: purchase.walletId,
      opens: true,
      decide: (book) =>
        decideGrant(book, {
          kind: "purchase",
          amount,
          cost: purchase.price,
          expiresAt,
          cause: { type: "purchase", id: purchase.id },
          memo: purchase.description,
        }),
    },
  ]);
}
