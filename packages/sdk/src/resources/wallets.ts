import { type RequestOptions, type Send, segment } from "../transport/create-transport.js";
import type { Adjustment, CreditsIn, SpendLimits, Statement, Wallet } from "../types.js";

/** Customers' credits. */
export interface Wallets {
  /** A customer who never had credits has an empty wallet. */
  readonly get: (customerId: string, options?: RequestOptions) => Promise<Wallet>;
  /** Every transaction of a period between its opening and closing balance. Needs memory for all of them. */
  readonly statement: (
    customerId: string,
    period?: { readonly from?: string; readonly to?: string },
    options?: RequestOptions,
  ) => Promise<Statement>;
  /** A link to the hosted wallet page. Whoever has it sees the wallet until it expires. */
  readonly link: (
    customerId: string,
    link?: { readonly expiresInSeconds?: number },
    options?: RequestOptions,
  ) => Promise<{ readonly url: string; readonly expiresAt: string }>;
  /** Gives credits for nothing. Needs the scope `wallets:adjust`. */
  readonly grant: (
    customerId: string,
    grant: Grant,
    options?: RequestOptions,
  ) => Promise<Adjustment>;
  /** Adds credits, or takes them when negative: {@link InsufficientCreditsError} when there are fewer. */
  readonly correct: (
    customerId: string,
    correction: { readonly credits: CreditsIn; readonly reason: string },
    options?: RequestOptions,
  ) => Promise<Adjustment>;
  /** From the answer on nothing is spent and no hold placed. Open holds can be captured. */
  readonly freeze: (
    customerId: string,
    freeze: { readonly reason: string },
    options?: RequestOptions,
  ) => Promise<Wallet>;
  readonly unfreeze: (
    customerId: string,
    unfreeze?: { readonly reason?: string },
    options?: RequestOptions,
  ) => Promise<Wallet>;
  readonly spendLimits: (customerId: string, options?: RequestOptions) => Promise<SpendLimits>;
  /** Replaces all three; what is left out is not limited. */
  readonly setSpendLimits: (
    customerId: string,
    limits: {
      readonly perMinute?: CreditsIn | null;
      readonly perDay?: CreditsIn | null;
      readonly perMonth?: CreditsIn | null;
    },
    options?: RequestOptions,
  ) => Promise<SpendLimits>;
}

export interface Grant {
  readonly credits: CreditsIn;
  /** For people; it stands on the statement. */
  readonly reason: string;
  readonly expiresInDays?: number | undefined;
  /** Lower is spent first. */
  readonly priority?: number | undefined;
}

const wallet = ["customerId", "available", "held", "debt", "total"];
const adjustment = ["id", "transactions", "balance"];
const limits = ["perMinute", "perDay", "perMonth"];

export function createWallets(send: Send): Wallets {
  const pathOf = (customerId: string, rest = ""): string =>
    `/v1/wallets/${segment("customerId", customerId)}${rest}`;
  return {
    get: async (customerId, options) =>
      send({ method: "GET", path: pathOf(customerId), needs: wallet }, options),
    statement: async (customerId, period = {}, options = {}) =>
      send(
        {
          method: "GET",
          path: pathOf(customerId, "/statement"),
          query: { ...period },
          needs: ["openingBalance", "closingBalance", "transactions"],
        },
        options,
      ),
    link: async (customerId, body = {}, options = {}) =>
      send(
        { method: "POST", path: pathOf(customerId, "/links"), body, needs: ["url", "expiresAt"] },
        options,
      ),
    grant: async (customerId, body, options) =>
      send(
        {
          method: "POST",
          path: pathOf(customerId, "/grants"),
          body,
          idempotent: true,
          needs: adjustment,
        },
        options,
      ),
    correct: async (customerId, body, options) =>
      send(
        {
          method: "POST",
          path: pathOf(customerId, "/corrections"),
          body,
          idempotent: true,
          needs: adjustment,
        },
        options,
      ),
    freeze: async (customerId, body, options) =>
      send({ method: "POST", path: pathOf(customerId, "/freeze"), body, needs: wallet }, options),
    unfreeze: async (customerId, body = {}, options = {}) =>
      send({ method: "POST", path: pathOf(customerId, "/unfreeze"), body, needs: wallet }, options),
    spendLimits: async (customerId, options) =>
      send({ method: "GET", path: pathOf(customerId, "/spend-limits"), needs: limits }, options),
    setSpendLimits: async (customerId, body, options) =>
      send(
        { method: "PUT", path: pathOf(customerId, "/spend-limits"), body, needs: limits },
        options,
      ),
  };
}
