import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { systemErrorCode } from "./errors.js";

const execFileAsync = promisify(execFile);

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemErrorCode(error) === "EPERM";
  }
}

/**
 * When the process began, as a text that only serves to compare. Together with the pid it names one process for
 * good, although the system uses pids again. `undefined` when there is no such process (a zombie is none).
 */
export async function processStartedAt(pid: number): Promise<string | undefined> {
  if (process.platform !== "linux") {
    return (await ask("ps", ["-o", "lstart=", "-p", String(pid)]))?.replaceAll(/\s+/g, "_");
  }
  const line = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  // The second field is the program's name in brackets and may hold blanks, so count from its end.
  const fields = line?.slice(line.lastIndexOf(")") + 2).split(" ");
  return fields === undefined || fields[0] === "Z" ? undefined : fields[19];
}

/** The words of the command line of a process; empty when it is gone. */
export async function commandLine(pid: number): Promise<readonly string[]> {
  if (process.platform === "linux") {
    const text = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    return text.split("\0").filter((word) => word !== "");
  }
  return ((await ask("ps", ["-o", "command=", "-p", String(pid)])) ?? "").split(" ");
}

async function ask(program: string, args: readonly string[]): Promise<string | undefined> {
  const { stdout } = await execFileAsync(program, [...args]).catch(() => ({ stdout: "" }));
  return stdout.trim() === "" ? undefined : stdout.trim();
}

/** Waits until the process is gone. `false` when it is still there after the time. */
export async function waitUntilGone(pid: number, timeoutMs: number): Promise<boolean> {
  for (const endMs = performance.now() + timeoutMs; performance.now() < endMs; await sleep(10)) {
    if ((await processStartedAt(pid)) === undefined) return true;
  }
  return (await processStartedAt(pid)) === undefined;
}

/** Sends a signal; a process that is gone already is fine. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (systemErrorCode(error) !== "ESRCH") throw error;
  }
}
