import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { Role } from "../../src/app/start-process.js";
import { TookTooLong, within } from "../../src/platform/queue/within.js";
import { bundled } from "./programs.js";

/** How a process ended, and what it wrote. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** One line of the Procfile as a process of its own, to be killed. */
export interface SpawnedProcess {
  readonly pid: number;
  readonly ended: Promise<Exit>;
  /** Writes a line to its input. */
  readonly say: (line: string) => void;
  /** Ends it in the middle of whatever it does. */
  kill(): Promise<Exit>;
  /** Asks it to stop, and waits until it has. */
  terminate(): Promise<Exit>;
}

export interface RoleProcess extends SpawnedProcess {
  /** Where web listens; empty for the others. */
  readonly url: string;
}

type Env = Readonly<Record<string, string>>;

const outputCharsMax = 200_000;
/** Two seconds on a free machine; many times that beside other tests. */
const readyWithinMs = 60_000;
const exitWithinMs = 60_000;
const repository = fileURLToPath(new URL("../..", import.meta.url));
/** Loaded before the program: when the test's process is gone, however it ended, so is this one. */
const dieWithParent = `data:text/javascript,${encodeURIComponent(
  "process.stdin.on('close', () => process.kill(process.pid, 'SIGKILL')).resume().unref();",
)}`;

const alive = new Set<SpawnedProcess>();

const readyLine = z.object({ msg: z.literal("ready"), url: z.string().optional() });

/** Starts `src/<role>.ts` with this environment and nothing else, and waits until it says that it is ready. */
export async function startRole(role: Role, env: Env): Promise<RoleProcess> {
  return untilReady(await spawnRole(role, { ...env, LOG_LEVEL: "info" }), role);
}

/** Starts `src/<role>.ts` and waits until it has ended by itself. */
export async function runRole(role: Role, env: Env): Promise<Exit> {
  const { process } = await spawnRole(role, env);
  return within(process.ended, exitWithinMs, `the end of ${role}`);
}

/** Starts a compiled program, and waits until it says that it is ready. */
export async function startProgram(
  file: string,
  args: readonly string[],
  env: Env,
): Promise<RoleProcess> {
  return untilReady(spawnNode([file, ...args], { ...env, LOG_LEVEL: "info" }), file);
}

/** Runs a compiled program to its end. */
export async function runProgram(
  file: string,
  args: readonly string[],
  env: Env,
  withinMs = exitWithinMs,
): Promise<Exit> {
  return within(spawnNode([file, ...args], env).process.ended, withinMs, `the end of ${file}`);
}

/** Kills every process that the tests of this file left. For `afterAll`. */
export async function killAll(): Promise<void> {
  await Promise.all([...alive].map((child) => child.kill()));
}

interface Spawned {
  readonly process: SpawnedProcess;
  /** Settles with the address in the line that says "ready". */
  readonly ready: Promise<string>;
}

async function spawnRole(role: Role, env: Env): Promise<Spawned> {
  return spawnNode([await bundled(join(repository, "src", `${role}.ts`))], env);
}

function spawnNode(args: readonly string[], env: Env): Spawned {
  const child = spawn(process.execPath, ["--import", dieWithParent, ...args], {
    cwd: repository,
    // Its input ends when this process does, however that happens.
    stdio: ["pipe", "pipe", "pipe"],
    env: { PATH: process.env["PATH"], ...env },
  });
  const written = { stdout: "", stderr: "" };
  child.stderr.on("data", (data) => {
    written.stderr = (written.stderr + String(data)).slice(-outputCharsMax);
  });
  const ready = new Promise<string>((done) => {
    createInterface(child.stdout).on("line", (line) => {
      written.stdout = `${written.stdout}${line}\n`.slice(-outputCharsMax);
      const said = readyLine.safeParse(parsed(line));
      if (said.success) done(said.data.url ?? "");
    });
  });
  const ended = new Promise<Exit>((done) => {
    child.once("close", (code, signal) => {
      alive.delete(spawned);
      done({ code, signal, ...written });
    });
  });
  const end = (signal: NodeJS.Signals): Promise<Exit> => {
    child.kill(signal);
    return within(ended, exitWithinMs, `the end of process ${child.pid}`);
  };
  const spawned: SpawnedProcess = {
    pid: child.pid ?? 0,
    ended,
    say: (line) => void child.stdin.write(`${line}\n`),
    kill: () => end("SIGKILL"),
    terminate: () => end("SIGTERM"),
  };
  alive.add(spawned);
  return { process: spawned, ready };
}

async function untilReady({ process: child, ready }: Spawned, what: string): Promise<RoleProcess> {
  const failed = child.ended.then(({ code, stdout, stderr }): never => {
    throw new Error(`${what} ended with ${code} before it was ready: ${stderr}${stdout}`);
  });
  try {
    const url = await within(Promise.race([ready, failed]), readyWithinMs, `starting ${what}`);
    return { ...child, url };
  } catch (error) {
    if (error instanceof TookTooLong) await child.kill();
    throw error;
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
