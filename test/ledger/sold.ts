import { micro } from "../../src/kernel/credits.js";
import { newId, type ProjectId, type PurchaseId } from "../../src/kernel/ids.js";
import type { Posting } from "../../src/ledger/decide.js";
import { decideGrant } from "../../src/ledger/decide-grant.js";
import { decideSpend } from "../../src/ledger/decide-spend.js";
import { reversePurchase } from "../../src/ledger/reverse-purchase.js";
import type { Database } from "../../src/platform/db/connect.js";
import { walletBook } from "../support/ledger.js";

/** A wallet whose owner buys, uses, and gets money back. Amounts are in micro-credits. */
export async function soldWallet(db: Database, projectId: ProjectId, customerId: string) {
  const book = await walletBook(db, projectId, customerId);
  const { walletId } = book;
  const numbers = new Map<PurchaseId, number>();
  const reverse = (purchaseId: PurchaseId, amount: bigint): Promise<Posting> => {
    const number = (numbers.get(purchaseId) ?? 0) + 1;
    numbers.set(purchaseId, number);
    const words = { because: "refund re_1 of a test", memo: "500 credits for $9.99" };
    const change = { projectId, walletId, purchaseId, number, amount: micro(amount), ...words };
    return db.transaction((trx) => reversePurchase(trx, change));
  };
  return {
    ...book,
    buy: async (amount: bigint, expiresAt: Date | null = null): Promise<PurchaseId> => {
      const id = newId("purchase");
      await book.post((wallet) =>
        decideGrant(wallet, {
          kind: "purchase",
          amount: micro(amount),
          cost: null,
          expiresAt,
          cause: { type: "purchase", id },
          memo: "500 credits for $9.99",
        }),
      );
      return id;
    },
    spend: (amount: bigint, debtMax = 0n) =>
      book.post((wallet) =>
        decideSpend(wallet, {
          amount: micro(amount),
          shortfall:
            debtMax > 0n ? { policy: "debt", limit: micro(debtMax) } : { policy: "reject" },
          keyWindows: null,
          now: new Date(),
          cause: { type: "usage", id: newId("usageEvent") },
          memo: null,
        }),
      ),
    takeBack: (purchaseId: PurchaseId, amount: bigint) => reverse(purchaseId, amount),
    giveBack: (purchaseId: PurchaseId, amount: bigint) => reverse(purchaseId, -amount),
    /** What remains in each lot, by number, with what was reversed of it when that is something. */
    lots: async (): Promise<Readonly<Record<number, string>>> => {
      const rows = await db("lot_balances").where({ wallet_id: walletId }).orderBy("lot_no");
      return Object.fromEntries(
        rows.map((lot) => [
          lot.lot_no,
          lot.reversed > 0 ? `${lot.remaining} (${lot.reversed} reversed)` : `${lot.remaining}`,
        ]),
      );
    },
    balances: async (): Promise<readonly bigint[]> => {
      const { available, held, debt } = await book.wallet();
      return [available, held, debt];
    },
  };
}

/** What a posting moved, a line each: `reversal 5 of lot 1`. */
export function told({ transfers }: Posting): readonly string[] {
  return transfers.map(({ kind, amount, lotNo }) =>
    lotNo === null ? `${kind} ${amount}` : `${kind} ${amount} of lot ${lotNo}`,
  );
}
