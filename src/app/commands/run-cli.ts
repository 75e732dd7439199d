import { Command, CommanderError } from "commander";
import type { Environment } from "../../platform/config/secret-files.js";
import { createCli, type Cli } from "./cli.js";
import { addCases } from "./cases.js";
import { addDoctor } from "./doctor/command.js";
import { addEvents } from "./events.js";
import { type ExitCode, exitCodes, type Failure, failureOf, usageFailure } from "./failure.js";
import { addHolds } from "./holds.js";
import { addKeys } from "./keys.js";
import { addMigrate } from "./migrate.js";
import { addPacks } from "./packs.js";
import { addProjects } from "./projects.js";
import { addPurchases } from "./purchases.js";
import { addRateCards } from "./rate-cards.js";
import { addReconcile } from "./reconcile.js";
import { addReports } from "./reports.js";
import { addStripe } from "./stripe-connect/command.js";
import type { Terminal } from "./terminal.js";
import { addTokens } from "./tokens.js";
import { addUsage } from "./usage.js";
import { addWallets } from "./wallets.js";

export interface RunOptions {
  readonly terminal: Terminal;
  /** The environment to work with, such as that of an `npm start` that runs here. */
  readonly environment: () => Promise<Environment>;
}

const about = `Sell prepaid credits: operate Chargly from a terminal.

Works on the database of DATABASE_URL, or of the \`npm start\` that runs in this folder.`;

const closing = `
Exit codes: 0 done, 1 refused or failed, 2 a mistake in the command line.
Set NO_COLOR for plain text. Secrets come from the environment or a prompt, never from an argument by choice.`;

/** Runs one command line (without `node` and the program) and answers the exit code. Never throws. */
export async function runCli(args: readonly string[], options: RunOptions): Promise<ExitCode> {
  const { terminal } = options;
  // Known before parsing, so that a mistake in the command line is told in the asked form, too.
  const isJson = args.includes("--json");
  const cli = createCli({ ...options, isJson: () => isJson });
  try {
    await createProgram(cli).parseAsync([...args], { from: "user" });
    return cli.exitCode();
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.ok; // --help
    const failure = isBareGroup(error) ? usageFailure("Name a command.") : failureOf(error);
    report(terminal, failure, isJson, error);
    return failure.exitCode;
  }
}

/** A group without a command prints its help and ends here. */
function isBareGroup(error: unknown): boolean {
  return error instanceof CommanderError && error.code === "commander.help";
}

function report(terminal: Terminal, failure: Failure, isJson: boolean, error: unknown): void {
  const { code, detail } = failure;
  if (isJson) terminal.err(`${JSON.stringify({ error: { code, detail } })}\n`);
  // Commander has said it already, with the usage behind it.
  else if (!(error instanceof CommanderError)) terminal.err(`${detail}\n`);
}

function createProgram(cli: Cli): Command {
  const { terminal, isJson } = cli;
  const program = new Command("chargly")
    .description(about)
    .option("--json", "print JSON for scripts, and errors as JSON on standard error")
    .exitOverride()
    .showHelpAfterError("(add --help for the options and examples)")
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .configureOutput({
      writeOut: terminal.out,
      writeErr: (text) => (isJson() ? undefined : terminal.err(text)),
    })
    .addHelpText("after", closing);
  const groups = [
    addMigrate,
    addProjects,
    addKeys,
    addTokens,
    addPacks,
    addRateCards,
    addWallets,
    addUsage,
    addHolds,
    addPurchases,
    addReports,
    addStripe,
    addEvents,
    addReconcile,
    addCases,
    addDoctor,
  ];
  for (const add of groups) add(program, cli);
  return program;
}
