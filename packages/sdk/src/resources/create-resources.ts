import type { Send } from "../transport/create-transport.js";
import { type Checkouts, createCheckouts } from "./checkouts.js";
import { type CreditPacks, createCreditPacks } from "./credit-packs.js";
import { createUsage, type Usage } from "./usage.js";
import { createWallets, type Wallets } from "./wallets.js";

/** Everything the API has, by what it is about. */
export interface Resources {
  readonly wallets: Wallets;
  readonly checkouts: Checkouts;
  readonly creditPacks: CreditPacks;
  readonly usage: Usage;
}

export function createResources(send: Send): Resources {
  return {
    wallets: createWallets(send),
    checkouts: createCheckouts(send),
    creditPacks: createCreditPacks(send),
    usage: createUsage(send),
  };
}
