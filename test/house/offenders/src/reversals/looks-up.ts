// offends: reversals-imports-nothing-above-it
import { rules } from "../ops/rules.js";
export const seen = rules;
