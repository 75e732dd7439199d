// offends: ledger-imports-nothing-above-it
import { rules } from "../wallets/rules.js";
export const seen = rules;
