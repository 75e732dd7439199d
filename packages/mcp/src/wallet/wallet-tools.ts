import type { Tool } from "../tools/define-tool.js";
import type { WalletAccess } from "../server/identity.js";
import { captureHold } from "./capture-hold.js";
import { createCheckout } from "./create-checkout.js";
import { createHold } from "./create-hold.js";
import { explainCharge } from "./explain-charge.js";
import { getCheckoutStatus } from "./get-checkout-status.js";
import { getWallet } from "./get-wallet.js";
import { listCreditPacks } from "./list-credit-packs.js";
import { listTransactions } from "./list-transactions.js";
import { meterEvent } from "./meter-event.js";
import { quoteCost } from "./quote-cost.js";
import { releaseHold } from "./release-hold.js";

/** The tools of agents that act for one wallet, in the order of their list. */
export const walletTools: readonly Tool<WalletAccess>[] = [
  getWallet,
  quoteCost,
  meterEvent,
  createHold,
  captureHold,
  releaseHold,
  listCreditPacks,
  createCheckout,
  getCheckoutStatus,
  listTransactions,
  explainCharge,
];
