import { EmbeddedPostgresError } from "./errors.js";
import { disownPidFile, readPidFile, runsCluster } from "./pid-file.js";
import { isAlive, signal, waitUntilGone } from "./processes.js";

const fastStopMs = 10_000;
const quickStopMs = 5_000;

/**
 * Stops a server that a killed launcher left behind. Call it with the launcher's lock held: then whoever
 * started that server is dead. A process that is not a PostgreSQL on this cluster is never touched.
 */
export async function stopOrphan(cluster: string): Promise<void> {
  const file = await readPidFile(cluster);
  if (file === undefined || !isAlive(file.pid)) return;
  if (await runsCluster(file.pid, cluster)) return stopServer(file.pid);
  await disownPidFile(cluster);
}

/**
 * SIGINT ends the sessions and writes a checkpoint; when that takes too long, SIGQUIT stops at once and the
 * next start recovers from the log. Neither loses what was committed.
 */
export async function stopServer(pid: number): Promise<void> {
  signal(pid, "SIGINT");
  // A frozen server hears nothing else.
  signal(pid, "SIGCONT");
  if (await waitUntilGone(pid, fastStopMs)) return;
  signal(pid, "SIGQUIT");
  if (await waitUntilGone(pid, quickStopMs)) return;
  throw new EmbeddedPostgresError(
    `PostgreSQL (pid ${pid}) does not stop. Look at what it waits for; kill -9 ${pid} is the last resort.`,
  );
}
