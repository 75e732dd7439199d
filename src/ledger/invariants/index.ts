import { accountsSumToZero } from "./accounts-sum-to-zero.js";
import { balancesChain } from "./balances-chain.js";
import { headEqualsLot } from "./head-equals-lot.js";
import { heldEqualsOpenHolds } from "./held-equals-open-holds.js";
import { holdEndsOnce } from "./hold-ends-once.js";
import { holdEqualsTransfers } from "./hold-equals-transfers.js";
import { holdUsesItsLots } from "./hold-uses-its-lots.js";
import type { Invariant } from "./invariant.js";
import { lotEqualsTransfers } from "./lot-equals-transfers.js";
import { lotReversedEqualsTransfers } from "./lot-reversed-equals-transfers.js";
import { movementsDeclared } from "./movements-declared.js";
import { neverBelowZero } from "./never-below-zero.js";
import { repaymentReturnedToItsLot } from "./repayment-returned-to-its-lot.js";
import { reversalEqualsTransfers } from "./reversal-equals-transfers.js";
import { reversalReturnsWhatItTook } from "./reversal-returns-what-it-took.js";
import { sameProject } from "./same-project.js";
import { seqGapless } from "./seq-gapless.js";
import { walletEqualsLots } from "./wallet-equals-lots.js";
import { walletEqualsTransfers } from "./wallet-equals-transfers.js";

/** What the ledger says about itself. Invariants that need another domain's tables stand there; `app` has the list of all. */
export const ledgerInvariants: readonly Invariant[] = [
  walletEqualsTransfers,
  walletEqualsLots,
  lotEqualsTransfers,
  headEqualsLot,
  holdEqualsTransfers,
  holdEndsOnce,
  holdUsesItsLots,
  heldEqualsOpenHolds,
  lotReversedEqualsTransfers,
  reversalEqualsTransfers,
  reversalReturnsWhatItTook,
  repaymentReturnedToItsLot,
  seqGapless,
  balancesChain,
  neverBelowZero,
  movementsDeclared,
  sameProject,
  accountsSumToZero,
];
