import { userInfo } from "node:os";
import { type Command, InvalidArgumentError } from "commander";
import { z } from "zod";
import type { Environment } from "../../platform/config/secret-files.js";
import { chooseProject } from "../../tenancy/choose-project.js";
import type { Project } from "../../tenancy/rules.js";
import { type CommandContext, openCommandContext } from "./command-context.js";
import { type ExitCode, exitCodes, type Failure } from "./failure.js";
import { createPaint, type Paint, type Terminal } from "./terminal.js";

/** What a command answers: once for a script and once for a person. */
export interface Answer {
  /** camelCase, and stable: scripts read it. */
  readonly json: unknown;
  readonly text: string;
  /** Set when there is an answer and it is no: `doctor` found something, a step of `connect` failed. */
  readonly failure?: Pick<Failure, "code" | "detail"> | undefined;
}

/** A long answer, which is printed while it is made. It knows itself whether it is JSON. */
export interface StreamedAnswer {
  readonly chunks: AsyncIterable<string> | Iterable<string>;
}

/** What every command gets from the program. */
export interface Cli {
  readonly terminal: Terminal;
  readonly paint: Paint;
  readonly isJson: () => boolean;
  /** The environment; beside a running `npm start` it is that stack's. Read once, when first needed. */
  readonly environment: () => Promise<Environment>;
  /** Prints an answer and keeps the exit code. */
  readonly print: (answer: Answer) => void;
  /** Opens the database for one command, prints its answer, and closes everything. */
  readonly run: (work: (ctx: CommandContext) => Promise<Answer | StreamedAnswer>) => Promise<void>;
  /** The same for a command about one project. */
  readonly runIn: (
    options: ProjectOption,
    work: (ctx: CommandContext, project: Project) => Promise<Answer | StreamedAnswer>,
  ) => Promise<void>;
  readonly exitCode: () => ExitCode;
}

export interface ProjectOption {
  readonly project?: string;
}

export interface CliOptions {
  readonly terminal: Terminal;
  readonly environment: () => Promise<Environment>;
  readonly isJson: () => boolean;
}

export function createCli({ terminal, environment, isJson }: CliOptions): Cli {
  const paint = createPaint(terminal.hasColor && !isJson());
  let exitCode: ExitCode = exitCodes.ok;
  let known: Promise<Environment> | undefined;
  const read = () => (known ??= environment());
  const print = ({ json, text, failure }: Answer): void => {
    terminal.out(isJson() ? `${JSON.stringify(json, null, 2)}\n` : text);
    if (failure === undefined) return;
    const { code, detail } = failure;
    terminal.err(isJson() ? `${JSON.stringify({ error: { code, detail } })}\n` : `${detail}\n`);
    exitCode = exitCodes.failed;
  };
  const run: Cli["run"] = async (work) => {
    const ctx = openCommandContext(await read());
    try {
      const answer = await work(ctx);
      if ("chunks" in answer) await terminal.stream(answer.chunks);
      else print(answer);
    } finally {
      await ctx.close();
    }
  };
  const runIn: Cli["runIn"] = (options, work) =>
    run(async (ctx) => work(ctx, await chooseProject(ctx, options.project)));
  return {
    terminal,
    paint,
    isJson,
    environment: read,
    print,
    run,
    runIn,
    exitCode: () => exitCode,
  };
}

/** `--project`, on every command about one project. */
export function withProject(command: Command): Command {
  return command.option(
    "-p, --project <id or name>",
    "which project; may be left out when there is only one",
  );
}

/** A reader for an argument or option: what the schema refuses is a mistake in the command line. */
export function argument<T>(schema: z.ZodType<T>): (text: string) => T {
  return (text) => {
    const result = schema.safeParse(text);
    if (result.success) return result.data;
    throw new InvalidArgumentError(result.error.issues[0]?.message ?? "It is not valid.");
  };
}

/** Whole numbers by their digits. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return argument(
    z
      .string()
      .regex(/^\d{1,9}$/, { error: `Write a whole number from ${min} to ${max}.` })
      .transform(Number)
      .refine((value) => value >= min && value <= max, {
        error: `Write a whole number from ${min} to ${max}.`,
      }),
  );
}

/** Who is at the keyboard, for the audit log: `cli:maria`. */
export function cliActor(): string {
  return `cli:${osUser().slice(0, 100)}`;
}

function osUser(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid-${process.getuid?.() ?? "unknown"}`; // in a container the account may have no name
  }
}
