import { open } from "node:fs/promises";
import { join } from "node:path";
import { readIfPresent } from "./files.js";
import { commandLine } from "./processes.js";

/** What a running PostgreSQL writes about itself into `postmaster.pid`. */
export interface PidFile {
  readonly pid: number;
  readonly port: number;
  readonly isReady: boolean;
}

export async function readPidFile(cluster: string): Promise<PidFile | undefined> {
  const lines = (await readIfPresent(join(cluster, "postmaster.pid")))?.split("\n");
  const pid = Number.parseInt(lines?.[0] ?? "", 10);
  if (lines === undefined || !Number.isSafeInteger(pid) || pid <= 0) return undefined;
  return { pid, port: Number(lines[3] ?? 0), isReady: lines[7]?.trim() === "ready" };
}

/** Whether the process is a PostgreSQL on this very cluster. A pid alone proves nothing: the system reuses them. */
export async function runsCluster(pid: number, cluster: string): Promise<boolean> {
  const words = await commandLine(pid);
  const at = words.indexOf("-D");
  return at > 0 && isPostgres(words[0] ?? "") && beginWith(words.slice(at + 1), cluster);
}

/** Only Linux tells where one word ends and the next begins. */
function beginWith(words: readonly string[], path: string): boolean {
  if (process.platform === "linux") return words[0] === path;
  return `${words.join(" ")} `.startsWith(`${path} `);
}

function isPostgres(program: string): boolean {
  return program === "postgres" || program.endsWith("/postgres");
}

/**
 * Makes a pid file harmless whose pid now belongs to a stranger, as after the restart of a container. PostgreSQL
 * takes its parent's pid for its own leftovers. The rest of the file stays: by it PostgreSQL still finds server
 * processes that outlived their parent, so the file must not simply be deleted.
 */
export async function disownPidFile(cluster: string): Promise<void> {
  const path = join(cluster, "postmaster.pid");
  const text = await readIfPresent(path);
  if (text === undefined) return;
  const file = await open(path, "r+");
  try {
    const rest = text.slice(text.indexOf("\n"));
    await file.truncate(0);
    await file.write(`${process.pid}${rest}`, 0);
  } finally {
    await file.close();
  }
}
