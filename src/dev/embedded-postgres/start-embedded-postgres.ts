import { resolve } from "node:path";
import { prepareBinaries } from "./binaries.js";
import { ensureCluster, removeCluster } from "./cluster.js";
import { ensureDatabase } from "./ensure-database.js";
import { type LauncherLock, takeLauncherLock } from "./launcher-lock.js";
import { stopOrphan, stopServer } from "./orphan.js";
import { explainDenied, findPlaces, makeHome, rootSharedFolder } from "./places.js";
import { runServer, type Server, type ServerSettings } from "./server.js";

export interface EmbeddedPostgresOptions {
  /** The home of the server: its data, password, lock and log. Made when it does not exist. */
  readonly dataDir: string;
  /** The database to create on the first start. */
  readonly database: string;
  /** Delete the data first. */
  readonly reset?: boolean;
  /** PostgreSQL settings on top of our defaults. Durability is on unless a test turns it off here. */
  readonly settings?: ServerSettings;
  /** The loopback port, for a server that comes back where its clients look for it. A free one when absent. */
  readonly port?: number;
  /** Where root keeps what the server's account cannot reach below `dataDir`. */
  readonly rootSharedFolder?: string;
}

export interface EmbeddedPostgres {
  /** Address of the database, with the password in it: never log it. */
  readonly url: string;
  readonly pid: number;
  /** PostgreSQL's own data folder. Usually below the home; elsewhere when root's home is closed to others. */
  readonly dataDir: string;
  /** Settles when the server has ended, by `stop` or by itself. */
  readonly ended: Promise<void>;
  /** Ends the sessions and stops the server; whoever calls again waits for the same stop. */
  stop(): Promise<void>;
}

/**
 * Starts a private PostgreSQL from the binaries that npm installs: no Docker, no system service, no install
 * script. It listens on loopback only, asks for a password, and keeps PostgreSQL's durability. The caller stops
 * it; nothing is hooked to the exit of the process, and a server left by a killed process is stopped by the next
 * start.
 *
 * @throws EmbeddedPostgresError saying what is wrong and the way out: another process runs this data folder (its
 * pid), no binaries for this platform, no account to run as, data of another version, or the server's own words.
 */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  const dataDir = resolve(options.dataDir);
  try {
    const home = await makeHome(dataDir);
    const lock = await takeLauncherLock(home);
    return await startWithLock(home, lock, options).catch(async (error: unknown) => {
      await lock.release();
      throw error;
    });
  } catch (error) {
    throw explainDenied(dataDir, error);
  }
}

async function startWithLock(
  home: string,
  lock: LauncherLock,
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  const places = await findPlaces(home, options.rootSharedFolder ?? rootSharedFolder);
  const binaries = await prepareBinaries(places.account, places.copies);
  await stopOrphan(places.cluster);
  if (options.reset === true) await removeCluster(places);
  const password = await ensureCluster(places, binaries);
  const server = await runServer(places, binaries, options.settings ?? {}, options.port);
  try {
    const url = await ensureDatabase(server.port, password, options.database);
    const stop = stopOnce(server, lock);
    return { url, pid: server.pid, dataDir: places.cluster, ended: server.ended, stop };
  } catch (error) {
    await stopServer(server.pid);
    throw error;
  }
}

function stopOnce(server: Server, lock: LauncherLock): () => Promise<void> {
  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    await stopServer(server.pid);
    await server.ended;
    await lock.release();
  };
  return () => {
    stopping ??= stop();
    return stopping;
  };
}
