#!/usr/bin/env node
// Runs the built command line, or in a clone without a build its source through tsx.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";

const floor = [20, 19];
const [major, minor] = process.versions.node.split(".").map(Number);
const built = new URL("../dist/src/cli.js", import.meta.url);
const source = new URL("../src/cli.ts", import.meta.url);

function refuse(message) {
  process.stderr.write(`chargly: ${message}\n`);
  process.exitCode = 1;
}

function findTsx() {
  try {
    return import.meta.resolve("tsx");
  } catch {
    return undefined;
  }
}

/** tsx must be loaded before the first import, hence a process of its own. It gets our signals and gives its end. */
function runSource(tsx) {
  const child = spawn(
    process.execPath,
    ["--import", tsx, fileURLToPath(source), ...process.argv.slice(2)],
    { stdio: "inherit" },
  );
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
  child.once("error", (error) => refuse(`cannot start Node: ${error.message}`));
  child.once("exit", (code, signal) => {
    process.exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
  });
}

async function run() {
  if (major < floor[0] || (major === floor[0] && minor < floor[1]))
    return refuse(`needs Node ${floor.join(".")} or newer; this is ${process.version}.`);
  if (existsSync(built)) return import(built.href);
  const tsx = existsSync(source) ? findTsx() : undefined;
  if (tsx !== undefined) return runSource(tsx);
  return refuse(
    existsSync(source)
      ? "there is no build and no tsx to run the source. Run npm install, or npm run build."
      : "the program is not here (no dist/ and no src/). Install the package again.",
  );
}

await run();
