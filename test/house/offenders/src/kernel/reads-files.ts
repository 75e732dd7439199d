// offends: kernel-imports-only-typeid
import { readFileSync } from "node:fs";
export const read = readFileSync;
