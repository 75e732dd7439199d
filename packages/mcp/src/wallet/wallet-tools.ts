import type { Tool } from "../tools/define-tool.js";
import type { WalletAccess } from "../server/identity.js";
import { getWallet } from "./get-wallet.js";

/** The tools of agents that act for one wallet, in the order of their list. */
export const walletTools: readonly Tool<WalletAccess>[] = [getWallet];
