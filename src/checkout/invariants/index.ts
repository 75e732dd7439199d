import type { Invariant } from "../../ledger/invariants/invariant.js";
import { purchaseGrantedOnce } from "./purchase-granted-once.js";

export const checkoutInvariants: readonly Invariant[] = [purchaseGrantedOnce];
