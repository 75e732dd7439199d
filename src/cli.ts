#!/usr/bin/env node
import { runCli } from "./app/commands/run-cli.js";
import { processTerminal } from "./app/commands/process-terminal.js";
import { runningEnvironment } from "./dev/dev-environment.js";

process.exitCode = await runCli(process.argv.slice(2), {
  terminal: processTerminal(),
  environment: () => runningEnvironment(process.env),
});
