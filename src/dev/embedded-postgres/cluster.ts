import { randomUUID } from "node:crypto";
import { chown, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Binaries } from "./binaries.js";
import { EmbeddedPostgresError, useDatabaseUrl } from "./errors.js";
import { readIfPresent } from "./files.js";
import { forgetPassword, makePassword, requirePassword } from "./password.js";
import { clusterParent, makeServerFolder, type Places } from "./places.js";
import { runProgram } from "./run-program.js";

const draftPrefix = "cluster.new-";

/** Makes the cluster on the first start, and answers its password. Call it with the launcher's lock held. */
export async function ensureCluster(places: Places, binaries: Binaries): Promise<string> {
  await removeDrafts(places);
  const version = await readIfPresent(join(places.cluster, "PG_VERSION"));
  if (version !== undefined) {
    refuseOtherMajor(places, version.trim(), binaries);
    return requirePassword(places.home);
  }
  if ((await stat(places.cluster).catch(() => undefined)) !== undefined) {
    throw new EmbeddedPostgresError(
      `${places.cluster} exists and is no PostgreSQL data folder. Move it away, or start with --reset.`,
    );
  }
  return initialise(places, binaries);
}

/** Deletes the cluster and its password, and nothing else that may be in the home folder. */
export async function removeCluster(places: Places): Promise<void> {
  await removeDrafts(places);
  await rm(places.cluster, { recursive: true, force: true });
  await forgetPassword(places.home);
}

/** initdb works in a draft that is renamed at the end: a start killed halfway leaves no half of a cluster. */
async function initialise(places: Places, binaries: Binaries): Promise<string> {
  const draft = join(clusterParent(places), `${draftPrefix}${randomUUID()}`);
  const passwordFile = `${draft}.password`;
  const password = await makePassword(places.home);
  try {
    await makeServerFolder(draft, places.account);
    await writeFile(passwordFile, password, { mode: 0o600, flag: "wx" });
    if (places.account !== undefined) {
      await chown(passwordFile, places.account.uid, places.account.gid);
    }
    const initdb = join(binaries.folder, "bin", "initdb");
    const args = ["-D", draft, "-U", "postgres", `--pwfile=${passwordFile}`, ...clusterOptions];
    await runProgram(initdb, args, { cwd: draft, account: places.account });
    await rename(draft, places.cluster);
  } finally {
    await removeDrafts(places);
  }
  return password;
}

const clusterOptions = [
  "--auth=scram-sha-256",
  "--encoding=UTF8",
  "--locale=C",
  "--locale-provider=builtin",
  "--builtin-locale=C.UTF-8",
  "--no-instructions",
];

async function removeDrafts(places: Places): Promise<void> {
  const parent = clusterParent(places);
  const drafts = (await readdir(parent)).filter((name) => name.startsWith(draftPrefix));
  for (const name of drafts) await rm(join(parent, name), { recursive: true, force: true });
}

function refuseOtherMajor(places: Places, version: string, binaries: Binaries): void {
  const major = binaries.version.split(".")[0];
  if (version === major) return;
  throw new EmbeddedPostgresError(
    `The data in ${places.cluster} was made by PostgreSQL ${version}, and the installed binaries are PostgreSQL ` +
      `${major}. Dump it with the older version, or start with --reset, which deletes the data. ${useDatabaseUrl}`,
  );
}
