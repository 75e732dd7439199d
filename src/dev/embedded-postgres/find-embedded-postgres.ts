import { resolve } from "node:path";
import { realpath } from "node:fs/promises";
import { databaseUrl } from "./ensure-database.js";
import { launcherOf } from "./launcher-lock.js";
import { readPassword } from "./password.js";
import { readPidFile } from "./pid-file.js";
import { findPlaces, rootSharedFolder } from "./places.js";

/**
 * The address of the embedded server that another process runs on this data folder, so that a command can work
 * beside `npm start`. `undefined` when none runs. Throws a system error when the password may not be read.
 */
export async function findEmbeddedPostgres(options: {
  readonly dataDir: string;
  readonly database: string;
  readonly rootSharedFolder?: string;
}): Promise<string | undefined> {
  const home = await realpath(resolve(options.dataDir)).catch(() => undefined);
  if (home === undefined || (await launcherOf(home)) === undefined) return undefined;
  const password = await readPassword(home);
  if (password === undefined) return undefined;
  const places = await findPlaces(home, options.rootSharedFolder ?? rootSharedFolder);
  const server = await readPidFile(places.cluster);
  if (server?.isReady !== true) return undefined;
  return databaseUrl(server.port, password, options.database);
}
