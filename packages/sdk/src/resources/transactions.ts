import { type Listing, listing, type ListOptions } from "../listing.js";
import { type RequestOptions, type Send, segment } from "../transport/create-transport.js";
import type { Explanation, Transaction } from "../types.js";

/** What moved in a wallet, and why. */
export interface Transactions {
  /** The newest first, each with the balance right after it. */
  readonly list: (customerId: string, options?: ListOptions) => Listing<Transaction>;
  /** In one sentence, and with units, price, rate card, lots and what they cost. */
  readonly explain: (id: string, options?: RequestOptions) => Promise<Explanation>;
}

export function createTransactions(send: Send): Transactions {
  return {
    list: (customerId, options = {}) =>
      listing(send, `/v1/wallets/${segment("customerId", customerId)}/transactions`, options),
    explain: async (id, options) =>
      send(
        {
          method: "GET",
          path: `/v1/transactions/${segment("id", id)}/explain`,
          needs: ["sentence", "transaction", "transactions"],
        },
        options,
      ),
  };
}
