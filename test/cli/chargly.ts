import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { text as readAll } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { runCli } from "../../src/app/commands/run-cli.js";

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output as JSON; throws when it is not. */
  readonly json: () => any; // oxlint-disable-line typescript/no-explicit-any -- tests say what they expect of it
  /** `error` of the JSON on standard error. */
  readonly error: () => { readonly code: string; readonly detail: string };
}

export interface RunSettings {
  readonly env?: Readonly<Record<string, string>>;
  /** Piped in; nothing without it. */
  readonly input?: string;
}

/** The same command line in this process: all but the start of the program, and many times faster. */
export async function charglyHere(
  args: readonly string[],
  { env = {}, input = "" }: RunSettings = {},
): Promise<Ran> {
  const [stdout, stderr]: [string[], string[]] = [[], []];
  const code = await runCli(args, {
    terminal: {
      out: (text) => void stdout.push(text),
      stream: async (chunks) => {
        for await (const text of chunks) stdout.push(text);
      },
      err: (text) => void stderr.push(text),
      hasColor: false,
      readSecret: async () => input.trim(),
      readInput: async () => input,
    },
    environment: async () => env,
  });
  return ranOf(code, stdout.join(""), stderr.join(""));
}

const program = fileURLToPath(new URL("../../src/cli.ts", import.meta.url));
const timeoutMs = 100_000;

/** Runs the real command line in a process of its own, in a folder where no `npm start` runs. */
export async function chargly(args: readonly string[], settings: RunSettings = {}): Promise<Ran> {
  const { PATH = "", HOME = "" } = process.env;
  const child = spawn(
    process.execPath,
    ["--import", import.meta.resolve("tsx"), program, ...args],
    {
      cwd: tmpdir(),
      env: { PATH, HOME, ...settings.env },
      stdio: "pipe",
      timeout: timeoutMs,
    },
  );
  child.stdin.end(settings.input ?? "");
  const said = Promise.all([readAll(child.stdout), readAll(child.stderr)]);
  const [code] = await once(child, "close");
  const [stdout, stderr] = await said;
  return ranOf(Number(code ?? -1), stdout, stderr);
}

function ranOf(code: number, stdout: string, stderr: string): Ran {
  return {
    code,
    stdout,
    stderr,
    json: () => JSON.parse(stdout),
    error: () => JSON.parse(stderr).error,
  };
}

export const newMasterKeys = (): string => `test:${randomBytes(32).toString("base64")}`;
