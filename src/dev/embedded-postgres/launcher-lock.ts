import { randomUUID } from "node:crypto";
import { link, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { EmbeddedPostgresError, systemErrorCode, useDatabaseUrl } from "./errors.js";
import { readIfPresent } from "./files.js";
import { processStartedAt } from "./processes.js";

const fileName = "launcher.lock";
const attemptsMax = 20;

/** The right to start, stop and reset the cluster below one home folder. */
export interface LauncherLock {
  release(): Promise<void>;
}

/**
 * Takes the lock of a home folder. A holder that died does not count. PostgreSQL has a lock of its own on the
 * cluster; this one covers what happens before it runs: initdb, the reset, and stopping an orphan.
 *
 * @throws EmbeddedPostgresError naming the pid of the live process that holds it.
 */
export async function takeLauncherLock(home: string): Promise<LauncherLock> {
  const path = join(home, fileName);
  const mine = `${process.pid} ${(await processStartedAt(process.pid)) ?? "?"} ${randomUUID()}\n`;
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, mine, { mode: 0o644, flag: "wx" });
  try {
    for (let attempt = 1; attempt <= attemptsMax; attempt++) {
      if (await linked(draft, path)) return { release: () => release(path, mine) };
      const held = await readIfPresent(path);
      if (held === undefined) continue;
      if (await isHolderAlive(held)) throw inUse(home, held);
      await discard(path, held);
    }
  } finally {
    await rm(draft, { force: true });
  }
  throw new EmbeddedPostgresError(
    `Could not take ${path}. Remove it when no process uses ${home}.`,
  );
}

/** The pid of the live launcher of a home folder, if there is one. */
export async function launcherOf(home: string): Promise<number | undefined> {
  const held = await readIfPresent(join(home, fileName)).catch(() => undefined);
  return held !== undefined && (await isHolderAlive(held)) ? Number.parseInt(held, 10) : undefined;
}

async function linked(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === "EEXIST") return false;
    throw error;
  }
}

async function isHolderAlive(text: string): Promise<boolean> {
  const [pid = "", startedAt = ""] = text.trim().split(" ");
  if (!/^\d+$/.test(pid)) return false;
  const actual = await processStartedAt(Number(pid));
  return actual !== undefined && (startedAt === "?" || actual === startedAt);
}

/** Removes a dead holder's lock, and nobody else's: what was moved away is compared and put back if it is new. */
async function discard(path: string, dead: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return;
    throw error;
  }
  if ((await readIfPresent(aside)) !== dead) await linked(aside, path);
  await rm(aside, { force: true });
}

async function release(path: string, mine: string): Promise<void> {
  if ((await readIfPresent(path)) === mine) await rm(path, { force: true });
}

function inUse(home: string, held: string): EmbeddedPostgresError {
  const pid = Number.parseInt(held, 10);
  const who = pid === process.pid ? "this process" : `process ${pid}`;
  return new EmbeddedPostgresError(
    `The embedded PostgreSQL in ${home} is already run by ${who} (pid ${pid}). ` +
      `Stop that process first, or choose another data folder. ${useDatabaseUrl}`,
  );
}
