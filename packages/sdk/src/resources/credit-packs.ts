import { type Listing, listing, type ListOptions } from "../listing.js";
import { type RequestOptions, type Send, segment } from "../transport/create-transport.js";
import type { CreditPack, CreditsIn, MoneyIn } from "../types.js";

/** What customers buy, in versions. */
export interface CreditPacks {
  /** The version in force of every pack, those off sale included. */
  readonly list: (options?: ListOptions) => Listing<CreditPack>;
  readonly get: (code: string, options?: RequestOptions) => Promise<CreditPack>;
  /** Puts these terms in force. Purchases keep the version they were made with. */
  readonly publish: (
    code: string,
    terms: CreditPackTerms,
    options?: RequestOptions,
  ) => Promise<CreditPack>;
}

export interface CreditPackTerms {
  readonly name: string;
  readonly credits: CreditsIn;
  readonly bonusCredits?: CreditsIn | undefined;
  readonly price: MoneyIn;
  /** Days until the credits expire. Null: never. */
  readonly validityDays?: number | null | undefined;
  readonly onSale?: boolean | undefined;
}

const pack = ["code", "version", "credits", "price"];

export function createCreditPacks(send: Send): CreditPacks {
  const pathOf = (code: string): string => `/v1/credit-packs/${segment("code", code)}`;
  return {
    list: (options = {}) => listing(send, "/v1/credit-packs", options),
    get: async (code, options) => send({ method: "GET", path: pathOf(code), needs: pack }, options),
    publish: async (code, body, options) =>
      send({ method: "PUT", path: pathOf(code), body, needs: pack }, options),
  };
}
