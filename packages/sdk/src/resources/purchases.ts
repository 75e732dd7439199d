import { type Listing, listing, type ListOptions } from "../listing.js";
import { type RequestOptions, type Send, segment } from "../transport/create-transport.js";
import type {
  CheckoutStatus,
  CreditsIn,
  MoneyIn,
  Purchase,
  PurchaseWithReturns,
  Refund,
} from "../types.js";

/** What was bought, by the id of its checkout. */
export interface Purchases {
  /** What was paid, what became of the credits, and what went back. */
  readonly get: (id: string, options?: RequestOptions) => Promise<PurchaseWithReturns>;
  /** The newest first; of one customer, in one state, or begun in a time, as you ask. */
  readonly list: (options?: PurchaseQuery & ListOptions) => Listing<Purchase>;
  /**
   * Sends back the money of everything unspent, of some `credits`, or an `amount`. With `dryRun` it only says how much.
   * Needs the scope `refunds:write`.
   */
  readonly refund: (id: string, refund?: RefundOrder, options?: RequestOptions) => Promise<Refund>;
  /** Those that were asked for here, the newest first. */
  readonly refunds: (id: string, options?: ListOptions) => Listing<Refund>;
}

export interface PurchaseQuery {
  readonly customerId?: string | undefined;
  readonly status?: CheckoutStatus | undefined;
  /** ISO 8601: begun at or after it. */
  readonly from?: string | undefined;
  /** ISO 8601: begun before it. */
  readonly to?: string | undefined;
}

export interface RefundOrder {
  readonly credits?: CreditsIn | undefined;
  readonly amount?: MoneyIn | undefined;
  readonly dryRun?: boolean | undefined;
}

export function createPurchases(send: Send): Purchases {
  const path = "/v1/purchases";
  const pathOf = (id: string): string => `${path}/${segment("id", id)}`;
  return {
    get: async (id, options) =>
      send(
        { method: "GET", path: pathOf(id), needs: ["id", "status", "credits", "returns"] },
        options,
      ),
    list: ({ customerId, status, from, to, ...options } = {}) =>
      listing(send, path, options, { customerId, status, from, to }),
    refund: async (id, body = {}, options = {}) =>
      send(
        {
          method: "POST",
          path: `${pathOf(id)}/refunds`,
          body,
          idempotent: true,
          needs: ["purchaseId", "status", "amount", "credits"],
        },
        options,
      ),
    refunds: (id, options = {}) => listing(send, `${pathOf(id)}/refunds`, options),
  };
}
