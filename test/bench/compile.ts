import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { bundleMcp } from "../support/bundle-mcp.js";

export const repository = fileURLToPath(new URL("../..", import.meta.url));
const compileWithinMs = 120_000;

/**
 * Compiles what is checked out into a folder of its own, as `npm run build` would: figures are taken of plain
 * JavaScript, never of a `dist/` that may be old. Types are not checked again. Answers the folder.
 */
export async function compileProduct(): Promise<string> {
  const outDir = join(repository, ".chargly", "bench", "build");
  const args = [
    "-p",
    join(repository, "test/bench/tsconfig.json"),
    "--noCheck",
    "--outDir",
    outDir,
  ];
  const tsc = join(repository, "node_modules/typescript/bin/tsc");
  await promisify(execFile)(process.execPath, [tsc, ...args], { timeout: compileWithinMs });
  await bundleMcp(outDir);
  return outDir;
}
