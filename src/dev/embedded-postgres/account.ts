import type { Stats } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { EmbeddedPostgresError, useDatabaseUrl } from "./errors.js";

/** The account that the server runs as when it cannot be ours. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

const candidates = ["postgres", "nobody"];

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/**
 * The account to start PostgreSQL as, or `undefined` for our own. PostgreSQL refuses to run as root, so root
 * lends the work to the owner of the existing cluster, or to an account that every Linux machine has.
 */
export async function chooseAccount(clusterOwner: Stats | undefined): Promise<Account | undefined> {
  if (!isRoot()) return undefined;
  if (clusterOwner !== undefined && clusterOwner.uid !== 0) {
    return { name: `uid ${clusterOwner.uid}`, uid: clusterOwner.uid, gid: clusterOwner.gid };
  }
  const accounts = parsePasswd(await readFile("/etc/passwd", "utf8").catch(() => ""));
  for (const name of candidates) {
    const account = accounts.find((each) => each.name === name && each.uid !== 0);
    if (account !== undefined) return account;
  }
  throw new EmbeddedPostgresError(
    `PostgreSQL refuses to run as root, and this machine has neither a "postgres" nor a "nobody" account to ` +
      `lend it to. Start as an ordinary user. ${useDatabaseUrl}`,
  );
}

function parsePasswd(text: string): Account[] {
  return text.split("\n").flatMap((line) => {
    const [name, , uid, gid] = line.split(":");
    if (name === undefined || uid === undefined || gid === undefined) return [];
    return [{ name, uid: Number(uid), gid: Number(gid) }];
  });
}

/** Whether the account may search every folder above and including `path` (a folder or an executable). */
export async function canReach(account: Account, path: string): Promise<boolean> {
  for (let at = resolve(path); ; at = dirname(at)) {
    const entry = await stat(at).catch(() => undefined);
    if (entry !== undefined && !maySearch(account, entry)) return false;
    if (at === dirname(at)) return true;
  }
}

function maySearch(account: Account, entry: Stats): boolean {
  if (entry.uid === account.uid) return (entry.mode & 0o100) !== 0;
  if (entry.gid === account.gid) return (entry.mode & 0o010) !== 0;
  return (entry.mode & 0o001) !== 0;
}
