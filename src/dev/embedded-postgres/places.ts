import { createHash, randomUUID } from "node:crypto";
import { chmod, chown, lstat, mkdir, realpath, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Account, canReach, chooseAccount, isRoot } from "./account.js";
import { EmbeddedPostgresError, messageOf, systemErrorCode } from "./errors.js";
import { readIfPresent, writePrivateFile } from "./files.js";

/** Where root keeps what the server's account cannot reach below the home folder. Only root may write in it. */
export const rootSharedFolder = "/var/lib/chargly";

/** Where the parts of one embedded server are. */
export interface Places {
  /** The folder that the caller asked for: lock, password, log. */
  readonly home: string;
  /** PostgreSQL's own data folder. */
  readonly cluster: string;
  /** Where a copy of the binaries goes, if one is needed. */
  readonly copies: string;
  /** The account that runs the server; `undefined` is our own. */
  readonly account: Account | undefined;
}

/** Makes the home folder. As root its neighbours may pass through it, but not list it. */
export async function makeHome(dataDir: string): Promise<string> {
  try {
    const made = await mkdir(dataDir, { recursive: true, mode: isRoot() ? 0o711 : 0o700 });
    const home = await realpath(dataDir);
    if (made !== undefined && isRoot()) await chmod(home, 0o711);
    return home;
  } catch (error) {
    if (!isDenied(error)) throw error;
    throw new EmbeddedPostgresError(`No right to write in ${dataDir}: ${messageOf(error)}`);
  }
}

/**
 * Decides where the cluster is and who runs it. As root, below a folder that is closed to others, the cluster
 * moves to `sharedFolder`; a random id in the home folder names it, so that a deleted home starts afresh.
 */
export async function findPlaces(home: string, sharedFolder: string): Promise<Places> {
  const cluster = join(home, "cluster");
  const account = await chooseAccount(await stat(cluster).catch(() => undefined));
  if (account === undefined) return { home, cluster, copies: home, account };
  if (await canReach(account, home)) return { home, cluster, copies: sharedFolder, account };
  const moved = join(sharedFolder, `data-${await placeName(home)}`);
  await makeRootFolder(sharedFolder);
  await makeRootFolder(moved);
  return { home, cluster: join(moved, "cluster"), copies: sharedFolder, account };
}

async function placeName(home: string): Promise<string> {
  const path = join(home, "place-id");
  let id = await readIfPresent(path);
  if (id === undefined) {
    id = randomUUID();
    await writePrivateFile(path, id);
  }
  return createHash("sha256").update(`${home}\n${id}`).digest("hex").slice(0, 16);
}

/** A folder that others may pass through and only root may change; anything else in its place is refused. */
async function makeRootFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o711 });
  const entry = await lstat(path);
  if (!entry.isDirectory() || entry.uid !== 0 || (entry.mode & 0o022) !== 0) {
    throw new EmbeddedPostgresError(
      `${path} must be a folder that belongs to root and that only root may write. Remove or repair it.`,
    );
  }
  if ((entry.mode & 0o711) !== 0o711) await chmod(path, 0o711);
}

/** Gives an empty new folder to the server's account. */
export async function makeServerFolder(path: string, account: Account | undefined): Promise<void> {
  await mkdir(path, { mode: 0o700 });
  if (account !== undefined) await chown(path, account.uid, account.gid);
}

export function clusterParent(places: Places): string {
  return dirname(places.cluster);
}

export function isDenied(error: unknown): boolean {
  return ["EACCES", "EPERM", "EROFS"].includes(systemErrorCode(error) ?? "");
}
