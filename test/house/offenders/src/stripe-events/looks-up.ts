// offends: stripe-events-imports-nothing-above-it
import { context } from "../app/context.js";
export const seen = context;
