import { type Credits, sumCredits, zeroCredits } from "../../kernel/credits.js";
import { reversePurchase } from "../../ledger/reverse-purchase.js";
import type { Trx } from "../../platform/db/connect.js";
import type { Purchase } from "../rules.js";
import type { ReturnedMoney } from "../decide-reversed.js";

/** What was posted to have as much taken back as should be. */
export interface Reversal {
  /** Credits taken back now; below zero they were given back. */
  readonly amount: Credits;
  /** What of it the wallet did not have and owes since. */
  readonly owed: Credits;
  /** How many reversals the purchase has after it. */
  readonly number: number;
}

/**
 * Posts the difference between what should be taken back of a purchase and what was, under the next number of the
 * purchase: the database takes a number once. The purchase's row must be locked.
 */
export async function postReversal(
  trx: Trx,
  purchase: Purchase,
  target: Credits,
  returned: ReturnedMoney | null,
): Promise<Reversal> {
  const amount = (target - purchase.reversed) as Credits;
  if (amount === 0n || returned === null)
    return { amount: zeroCredits, owed: zeroCredits, number: purchase.reversals };
  const number = purchase.reversals + 1;
  const { transfers } = await reversePurchase(trx, {
    projectId: purchase.projectId,
    walletId: purchase.walletId,
    purchaseId: purchase.id,
    number,
    amount,
    because: tellReturns(returned),
    memo: amount > 0n ? tellCustomer(purchase, returned) : purchase.description,
  });
  const owed = transfers.filter(({ kind }) => kind === "reversal_debt").map((one) => one.amount);
  return { amount, owed: sumCredits(owed), number };
}

/** Behind "Taken back:" on the statement. */
function tellCustomer({ description }: Purchase, { disputes }: ReturnedMoney): string {
  const isDisputed = disputes.some(({ movements }) => movements.length > 0);
  return isDisputed ? `disputed payment of ${description}` : `refund of ${description}`;
}

/** As many characters as a reversal takes. */
const becauseLengthMax = 500;

/** All refunds and disputes with their states as they were then: `refund re_1 succeeded, dispute du_1 won`. */
function tellReturns({ chargeId, refunds, disputes }: ReturnedMoney): string {
  const told = [
    ...refunds.map(({ id, status }) => `refund ${id} ${status}`),
    ...disputes.map(({ id, status }) => `dispute ${id} ${status}`),
  ];
  return (told.join(", ") || `nothing of ${chargeId} is back`).slice(0, becauseLengthMax);
}
