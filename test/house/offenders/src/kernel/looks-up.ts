// offends: kernel-imports-nothing-above-it
import { rules } from "../ledger/rules.js";
export const seen = rules;
