import { assert, present } from "../kernel/assert.js";
import type { Credits } from "../kernel/credits.js";
import { newId, type ProjectId, type PurchaseId, type WalletId } from "../kernel/ids.js";
import type { Trx } from "../platform/db/connect.js";
import type { Posting } from "./decide.js";
import { decideReinstatement } from "./decide-reinstatement.js";
import { decideReversal } from "./decide-reversal.js";
import { postMovements } from "./post-movements.js";
import { insertReversal } from "./store/reversible.js";

export interface ReversalChange {
  readonly projectId: ProjectId;
  readonly walletId: WalletId;
  /** Its credits must have been granted to the wallet. */
  readonly purchaseId: PurchaseId;
  /** Counts the changes of this purchase: 1, 2, 3. */
  readonly number: number;
  /** Taken back when above 0, given back when below. */
  readonly amount: Credits;
  /** For operators, 1 to 500 characters. */
  readonly because: string;
  /** For the customer's statement, at most 500 characters. */
  readonly memo: string | null;
}

/**
 * Takes credits of a purchase back, or gives back what was taken: {@link decideReversal} and {@link decideReinstatement} say
 * from where. Never refuses for what the wallet has or owes. The caller has locked the purchase and compared with
 * what was reversed before; a number that was used before fails with the constraint `reversals_numbered_once`, and more than
 * was granted, or less than nothing in all, fails an assertion and the constraint `lots_reversed_within_granted`.
 */
export async function reversePurchase(trx: Trx, change: ReversalChange): Promise<Posting> {
  const { walletId, purchaseId, amount, memo } = change;
  assert(amount !== 0n, "a reversal takes or gives back something");
  const id = newId("reversal");
  await insertReversal(trx, { ...change, id });
  const cause = { type: "reversal" as const, id };
  const [posting] = await postMovements(trx, [
    {
      walletId,
      purchaseId,
      decide: (book) =>
        amount > 0n
          ? decideReversal(book, { purchaseId, amount, cause, memo })
          : decideReinstatement(book, { purchaseId, amount: -amount as Credits, cause, memo }),
    },
  ]);
  return present(posting, "one movement has one posting");
}
