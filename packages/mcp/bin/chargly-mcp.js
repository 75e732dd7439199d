#!/usr/bin/env node
// Runs the built program, or in a clone without a build its source through tsx.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const at = (path) => new URL(path, import.meta.url);
const built = at("../dist/cli.js");

/** Its stdin and stdout are the child's, which ends with them. tsx finds the clone's packages wherever a client starts this. */
function runSource() {
  const child = spawn(
    process.execPath,
    [
      "--import",
      import.meta.resolve("tsx"),
      fileURLToPath(at("../src/cli.ts")),
      ...process.argv.slice(2),
    ],
    {
      stdio: "inherit",
      env: { ...process.env, TSX_TSCONFIG_PATH: fileURLToPath(at("../../../tsconfig.json")) },
    },
  );
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
  child.once("exit", (code) => {
    process.exitCode = code ?? 1;
  });
}

if (existsSync(built)) await import(built.href);
else runSource();
