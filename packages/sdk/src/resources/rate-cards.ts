import { type Listing, listing, type ListOptions } from "../listing.js";
import type { RequestOptions, Send } from "../transport/create-transport.js";
import type { RateCard, RateCardSummary, RateCardTerms } from "../types.js";

/** What events cost, in versions. */
export interface RateCards {
  /** The version in force. */
  readonly current: (options?: RequestOptions) => Promise<RateCard>;
  /** Puts these terms in force, all events at once. Needs the scope `rates:write`. */
  readonly publish: (terms: RateCardTerms, options?: RequestOptions) => Promise<RateCard>;
  /** The newest first, without their terms. */
  readonly list: (options?: ListOptions) => Listing<RateCardSummary>;
  readonly get: (version: number, options?: RequestOptions) => Promise<RateCard>;
}

const path = "/v1/rate-card";
const card = ["version", "events", "shortfall"];

export function createRateCards(send: Send): RateCards {
  return {
    current: async (options) => send({ method: "GET", path, needs: card }, options),
    publish: async (body, options) => send({ method: "PUT", path, body, needs: card }, options),
    list: (options = {}) => listing(send, "/v1/rate-cards", options),
    get: async (version, options) =>
      send({ method: "GET", path: `/v1/rate-cards/${version}`, needs: card }, options),
  };
}
