import { appendFile } from "node:fs/promises";
import type { Role } from "../../../src/app/start-process.js";
import { type RoleProcess, startProgram } from "../../support/processes.js";
import type { Part } from "./part.js";

export interface RoleSettings {
  readonly name: string;
  readonly role: Role;
  /** What the Procfile gives node, the program last. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** What it said last, whenever it ended, goes there. */
  readonly logFile: string;
  /** It ended although nobody killed it, or could not be started again. */
  readonly onTrouble: (what: string) => void;
}

const startsMax = 4;

/** One line of the Procfile as a process of its own. */
export async function startRolePart(settings: RoleSettings): Promise<Part> {
  const { name, args, onTrouble } = settings;
  let running: RoleProcess | undefined;
  let isStopping = false;
  const startOnce = async (env: Readonly<Record<string, string>>): Promise<void> => {
    const [first = "", ...rest] = args;
    const started = await startProgram(first, rest, { ...settings.env, ...env });
    running = started;
    void started.ended.then(async ({ code, signal, stdout, stderr }) => {
      await appendFile(settings.logFile, stdout + stderr).catch(() => undefined);
      if (running !== started || isStopping) return;
      running = undefined;
      onTrouble(`${name} ended by itself (${signal ?? code}): ${tail(stderr)}${tail(stdout)}`);
      void start().catch((error: unknown) => onTrouble(String(error)));
    });
  };
  const start = async (env: Readonly<Record<string, string>> = {}): Promise<void> => {
    for (let tries = 1; running === undefined && !isStopping; tries++) {
      try {
        await startOnce(env);
      } catch (error) {
        // While Postgres is down for long it gives up, as it should; whoever started it tries again.
        if (tries === startsMax) throw error;
      }
    }
  };
  await start();
  return {
    name,
    pids: async () => (running === undefined ? [] : [running.pid]),
    kill: async () => {
      const victim = running;
      running = undefined;
      await victim?.kill();
    },
    start,
    stop: async () => {
      isStopping = true;
      await running?.kill();
    },
  };
}

function tail(text: string): string {
  return text.slice(-3_000);
}
