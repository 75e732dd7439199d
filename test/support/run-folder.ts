import { chmod, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readPidFile, runsCluster } from "../../src/dev/embedded-postgres/pid-file.js";
import {
  commandLine,
  processStartedAt,
  signal,
  waitUntilGone,
} from "../../src/dev/embedded-postgres/processes.js";

const prefix = "chargly-test-";

/**
 * One temporary folder for the whole run; every server of the run lives below it. A run that was killed leaves
 * its folder and its servers, so each run first clears away those of the dead.
 */
export async function openRunFolder(): Promise<string> {
  await removeFoldersOfDeadRuns();
  const folder = await mkdtemp(join(tmpdir(), prefix));
  await chmod(folder, 0o711);
  const startedAt = (await processStartedAt(process.pid)) ?? "";
  await writeFile(join(folder, "owner"), `${process.pid} ${startedAt}`);
  return folder;
}

/** Ends what still runs below the folder, and deletes it. */
export async function removeRunFolder(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.startsWith("redis-")) await endRedis(join(folder, name));
    else await endPostgres(join(folder, name, "cluster"));
  }
  await rm(folder, { recursive: true, force: true });
}

async function removeFoldersOfDeadRuns(): Promise<void> {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(prefix));
  for (const name of names) {
    const folder = join(tmpdir(), name);
    const owner = await readFile(join(folder, "owner"), "utf8").catch(() => undefined);
    const [pid = "", startedAt = ""] = owner?.split(" ") ?? [];
    if (owner === undefined || (await processStartedAt(Number(pid))) === startedAt) continue;
    await removeRunFolder(folder).catch(() => undefined);
  }
}

async function endRedis(folder: string): Promise<void> {
  const pid = Number(await readFile(join(folder, "redis.pid"), "utf8").catch(() => ""));
  if (!(pid > 0) || !(await commandLine(pid)).join(" ").includes("redis-server")) return;
  signal(pid, "SIGKILL");
  await waitUntilGone(pid, 5_000);
}

async function endPostgres(cluster: string): Promise<void> {
  const file = await readPidFile(cluster).catch(() => undefined);
  if (file === undefined || !(await runsCluster(file.pid, cluster))) return;
  signal(file.pid, "SIGCONT");
  signal(file.pid, "SIGQUIT");
  await waitUntilGone(file.pid, 5_000);
}
