import type { CreditsIn, CreditsOut } from "./wallets.js";

/** Credits per so many units (1 unless told), with at most twelve decimals. */
export interface UnitPrice<Price = CreditsIn> {
  readonly credits: Price;
  readonly per?: number;
}

export type SimplePrice<Price = CreditsIn> =
  | { readonly type: "flat"; readonly credits: Price }
  | ({ readonly type: "quantity" } & UnitPrice<Price>)
  | {
      readonly type: "properties";
      readonly properties: Readonly<Record<string, UnitPrice<Price>>>;
      /** Once per event, beside the rest. */
      readonly base?: Price;
    };

export interface ModelPrices<Price = CreditsIn> {
  readonly type: "models";
  readonly models: Readonly<Record<string, SimplePrice<Price>>>;
  /** For models that are not named. */
  readonly default?: SimplePrice<Price> | undefined;
}

/** What happens when the wallet cannot cover an event. */
export type ShortfallPolicy<Amount = CreditsIn> =
  | { readonly policy: "reject" }
  | { readonly policy: "upToAvailable" }
  | { readonly policy: "debt"; readonly limit: Amount };

export interface Rate {
  readonly price: SimplePrice | ModelPrices;
  /** Credits that each event costs at least. */
  readonly minimum?: CreditsIn;
  /** To whole millionths of a credit, once per event; up unless told. */
  readonly rounding?: "up" | "down" | "nearest";
  readonly shortfall?: ShortfallPolicy | undefined;
}

/** Prices by the names of events: `{ "chat.reply": { price: { type: "flat", credits: 1 } } }`. */
export interface RateCardTerms {
  readonly events: Readonly<Record<string, Rate>>;
  readonly shortfall?: ShortfallPolicy;
}

/** A version of the rate card as Chargly answers it: prices by their digits, everything filled in. */
export interface RateCard {
  readonly version: number;
  readonly events: Readonly<
    Record<
      string,
      {
        readonly price: SimplePrice<string> | ModelPrices<string>;
        readonly minimum: CreditsOut;
        readonly rounding: "up" | "down" | "nearest";
        readonly shortfall?: ShortfallPolicy<CreditsOut> | undefined;
      }
    >
  >;
  readonly shortfall: ShortfallPolicy<CreditsOut>;
  readonly createdAt: string;
}

export interface RateCardSummary {
  readonly version: number;
  /** How many events it prices. */
  readonly eventCount: number;
  readonly createdAt: string;
}
