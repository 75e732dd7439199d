import type { Invariant } from "../../ledger/invariants/invariant.js";
import { refundReserveHasItsRefund } from "./refund-reserve-has-its-refund.js";

export const reversalInvariants: readonly Invariant[] = [refundReserveHasItsRefund];
