import type { Stats } from "node:fs";
import { createHash, randomUUID } from "node:crypto";
import { chmod, chown, lstat, mkdir, realpath, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Account, canReach, chooseAccount, isRoot } from "./account.js";
import { EmbeddedPostgresError, messageOf, systemErrorCode, useDatabaseUrl } from "./errors.js";
import { exists, readIfPresent, writePrivateFile } from "./files.js";

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
  const made = await mkdir(dataDir, { recursive: true, mode: isRoot() ? 0o711 : 0o700 });
  const home = await realpath(dataDir);
  if (made !== undefined && isRoot()) await chmod(home, 0o711);
  return home;
}

/**
 * Decides where the cluster is and who runs it. As root, below a folder that is closed to others, the cluster
 * moves to `sharedFolder`; a random id in the home folder names it, so that a deleted home starts afresh.
 * A cluster that exists stays where it is, and stays with its owner.
 */
export async function findPlaces(home: string, sharedFolder: string): Promise<Places> {
  const cluster = join(home, "cluster");
  const account = await chooseAccount(await ownerOf(cluster));
  if (account === undefined) return { home, cluster, copies: home, account };
  const moved = await movedCluster(home, sharedFolder);
  if (moved !== undefined) return movedPlaces(home, moved, sharedFolder);
  if (await canReach(account, home)) return { home, cluster, copies: sharedFolder, account };
  if (await exists(cluster)) {
    throw new EmbeddedPostgresError(
      `The account ${account.name} runs PostgreSQL and cannot reach its data in ${home}. ` +
        "Let it pass through the folders above (chmod o+x), or run as the owner of the data.",
    );
  }
  await writePrivateFile(join(home, placeIdFile), randomUUID());
  const place = await movedFolder(home, sharedFolder);
  await makeRootFolder(sharedFolder);
  await makeRootFolder(place);
  return movedPlaces(home, join(place, "cluster"), sharedFolder);
}

const placeIdFile = "place-id";

async function movedPlaces(home: string, cluster: string, copies: string): Promise<Places> {
  return { home, cluster, copies, account: await chooseAccount(await ownerOf(cluster)) };
}

/** The cluster of this home that an earlier start put elsewhere. */
async function movedCluster(home: string, sharedFolder: string): Promise<string | undefined> {
  if (!(await exists(join(home, placeIdFile)))) return undefined;
  const cluster = join(await movedFolder(home, sharedFolder), "cluster");
  return (await exists(cluster)) ? cluster : undefined;
}

async function movedFolder(home: string, sharedFolder: string): Promise<string> {
  const id = (await readIfPresent(join(home, placeIdFile))) ?? "";
  const key = createHash("sha256").update(`${home}\n${id}`).digest("hex").slice(0, 16);
  return join(sharedFolder, `data-${key}`);
}

async function ownerOf(path: string): Promise<Stats | undefined> {
  return stat(path).catch(() => undefined);
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

/** Puts a missing right into words: most often another account, such as root, made these files. */
export function explainDenied(dataDir: string, error: unknown): unknown {
  if (!["EACCES", "EPERM", "EROFS"].includes(systemErrorCode(error) ?? "")) return error;
  return new EmbeddedPostgresError(
    `No right to use ${dataDir} as this account: ${messageOf(error)}. Run as the account that made it, give the ` +
      `folder to this one (chown -R), or remove it. ${useDatabaseUrl}`,
    { cause: error },
  );
}
