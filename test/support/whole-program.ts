import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { build } from "esbuild";
import { inject } from "vitest";

/** What knex can speak to, and nobody here does. */
const external = [
  "better-sqlite3",
  "mariadb",
  "mysql",
  "mysql2",
  "oracledb",
  "pg-native",
  "pg-query-stream",
  "sqlite3",
  "tedious",
];

/** Runs `program.cjs` beside it, and keeps what V8 compiled of it. */
const start = `
const { existsSync, readFileSync, renameSync, writeFileSync } = require("node:fs");
const { createRequire } = require("node:module");
const { join } = require("node:path");
const { Script } = require("node:vm");
const filename = join(__dirname, "program.cjs");
const kept = filename + ".cache";
const cachedData = existsSync(kept) ? readFileSync(kept) : undefined;
const source = "(function (exports, require, module) {" + readFileSync(filename, "utf8") + "\\n})";
const script = new Script(source, { filename, cachedData });
const own = { exports: {} };
script.runInThisContext()(own.exports, createRequire(filename), own);
if (cachedData === undefined) {
  writeFileSync(kept + process.pid, script.createCachedData());
  renameSync(kept + process.pid, kept);
}
`;

/**
 * A program with all packages that it uses in one file, for a test that starts it many times: 0.1 s of processor time each,
 * since what the first process compiled is kept for the others. Answers what to start.
 */
export async function wholeProgram(entry: string): Promise<string> {
  const folder = join(inject("programsFolder"), `whole-${basename(entry, ".ts")}`);
  const file = join(folder, "start.cjs");
  if (existsSync(file)) return file;
  await mkdir(folder, { recursive: true });
  await build({
    entryPoints: [entry],
    outfile: join(folder, "program.cjs"),
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    external,
    logLevel: "warning",
  });
  await writeFile(file, start);
  return file;
}
