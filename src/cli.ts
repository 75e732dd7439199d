#!/usr/bin/env node
import { existsSync } from "node:fs";
import { processTerminal } from "./app/commands/process-terminal.js";
import { runCli } from "./app/commands/run-cli.js";
import { runningEnvironment } from "./dev/dev-environment.js";

/** As `npm start` reads it, so that both work on the same database. What is set already wins. */
if (existsSync(".env")) process.loadEnvFile(".env");

process.exitCode = await runCli(process.argv.slice(2), {
  terminal: processTerminal(),
  environment: () => runningEnvironment(process.env),
});
