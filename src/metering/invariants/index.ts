import type { Invariant } from "../../ledger/invariants/invariant.js";
import { eventHasItsTransfers } from "./event-has-its-transfers.js";

export const meteringInvariants: readonly Invariant[] = [eventHasItsTransfers];
