import type { RecordOptions } from "../recording/recorder.js";
import type { Send } from "../transport/create-transport.js";
import { type AgentTokens, createAgentTokens } from "./agent-tokens.js";
import { type Checkouts, createCheckouts } from "./checkouts.js";
import { type CreditPacks, createCreditPacks } from "./credit-packs.js";
import { createHolds, type Holds } from "./holds.js";
import {
  createFailedJobs,
  createGrantPreviews,
  createReconciliation,
  type FailedJobs,
  type GrantPreviews,
  type Reconciliation,
} from "./operations.js";
import { createPurchases, type Purchases } from "./purchases.js";
import { createRateCards, type RateCards } from "./rate-cards.js";
import { createTransactions, type Transactions } from "./transactions.js";
import { createUsage, type Usage } from "./usage.js";
import { createWallets, type Wallets } from "./wallets.js";

/** Everything the API has, by what it is about. */
export interface Resources {
  readonly wallets: Wallets;
  readonly checkouts: Checkouts;
  readonly creditPacks: CreditPacks;
  readonly usage: Usage;
  readonly holds: Holds;
  readonly transactions: Transactions;
  readonly purchases: Purchases;
  readonly rateCards: RateCards;
  readonly agentTokens: AgentTokens;
  readonly reconciliation: Reconciliation;
  readonly failedJobs: FailedJobs;
  readonly grantPreviews: GrantPreviews;
}

export function createResources(send: Send, record: RecordOptions, idPrefix: string): Resources {
  return {
    wallets: createWallets(send),
    checkouts: createCheckouts(send),
    creditPacks: createCreditPacks(send),
    usage: createUsage(send, record, idPrefix),
    holds: createHolds(send),
    transactions: createTransactions(send),
    purchases: createPurchases(send),
    rateCards: createRateCards(send),
    agentTokens: createAgentTokens(send),
    reconciliation: createReconciliation(send),
    failedJobs: createFailedJobs(send),
    grantPreviews: createGrantPreviews(send),
  };
}
