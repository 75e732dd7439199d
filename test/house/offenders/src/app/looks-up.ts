// offends: app-imports-nothing-above-it
import { stack } from "../dev/stack.js";
export const seen = stack;
