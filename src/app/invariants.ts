import { checkoutInvariants } from "../checkout/invariants/index.js";
import { ledgerInvariants } from "../ledger/invariants/index.js";
import type { Invariant } from "../ledger/invariants/invariant.js";
import { meteringInvariants } from "../metering/invariants/index.js";
import { reversalInvariants } from "../reversals/invariants/index.js";

/** Every rule that the books must keep, whoever's tables it needs. */
export const invariants: readonly Invariant[] = [
  ...ledgerInvariants,
  ...checkoutInvariants,
  ...meteringInvariants,
  ...reversalInvariants,
];
