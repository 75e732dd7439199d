// offends: tenancy-imports-nothing-above-it
import { rules } from "../checkout/rules.js";
export const seen = rules;
