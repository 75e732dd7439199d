// offends: platform-imports-nothing-above-it
// A type counts as well: the platform must not even know the ledger's name.
import type { rules } from "../ledger/rules.js";
export type Seen = typeof rules;
