// offends: nothing-imports-an-entry-file
import { web } from "../web.js";
export const started = web;
