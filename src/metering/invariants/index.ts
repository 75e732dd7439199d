import type { Invariant } from "../../ledger/invariants/invariant.js";
import { budgetEqualsTaken } from "./budget-equals-taken.js";
import { eventHasItsTransfers } from "./event-has-its-transfers.js";
import { tokenKeepsToItsWallet } from "./token-keeps-to-its-wallet.js";

export const meteringInvariants: readonly Invariant[] = [
  eventHasItsTransfers,
  budgetEqualsTaken,
  tokenKeepsToItsWallet,
];
