import type { Invariant } from "../../ledger/invariants/invariant.js";
import { purchaseGrantedOnce } from "./purchase-granted-once.js";
import { purchaseReturnsAsTold } from "./purchase-returns-as-told.js";
import { purchaseReversedAsPosted } from "./purchase-reversed-as-posted.js";

export const checkoutInvariants: readonly Invariant[] = [
  purchaseGrantedOnce,
  purchaseReversedAsPosted,
  purchaseReturnsAsTold,
];
