// offends: pure-files-do-no-io
import { readFileSync } from "node:fs";
export const decide = (): string => readFileSync("verdict.txt", "utf8");
