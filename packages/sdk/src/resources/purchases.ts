import { type Listing, listing, type ListOptions } from "../listing.js";
import { type RequestOptions, type Send, segment } from "../transport/create-transport.js";
import type { CreditsIn, MoneyIn, Refund } from "../types.js";

/** Payments that are through, by the id of their checkout. */
export interface Purchases {
  /**
   * Sends back the money of everything unspent, of some `credits`, or an `amount`. With `dryRun` it only says how much.
   * Needs the scope `refunds:write`.
   */
  readonly refund: (id: string, refund?: RefundOrder, options?: RequestOptions) => Promise<Refund>;
  /** Those that were asked for here, the newest first. */
  readonly refunds: (id: string, options?: ListOptions) => Listing<Refund>;
}

export interface RefundOrder {
  readonly credits?: CreditsIn | undefined;
  readonly amount?: MoneyIn | undefined;
  readonly dryRun?: boolean | undefined;
}

export function createPurchases(send: Send): Purchases {
  const pathOf = (id: string): string => `/v1/purchases/${segment("id", id)}/refunds`;
  return {
    refund: async (id, body = {}, options = {}) =>
      send(
        {
          method: "POST",
          path: pathOf(id),
          body,
          idempotent: true,
          needs: ["purchaseId", "status", "amount", "credits"],
        },
        options,
      ),
    refunds: (id, options = {}) => listing(send, pathOf(id), options),
  };
}
