// offends: checkout-imports-nothing-above-it
import { rules } from "../reversals/rules.js";
export const seen = rules;
