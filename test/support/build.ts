import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { bundleMcp } from "./bundle-mcp.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The compiled product. */
export interface Build {
  /** The folder that the Procfile calls `dist`. */
  readonly folder: string;
  /** Deletes it, if it was made for us. */
  readonly remove: () => Promise<void>;
}

/** What `npm run build` made, if nothing was written since; else it is compiled into a folder of its own. */
export async function buildProduct(): Promise<Build> {
  const made = join(root, "dist");
  if (await isFresh(made)) return { folder: made, remove: async () => undefined };
  const folder = await packageFolder();
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  const args = [tsc, "-p", join(root, "tsconfig.build.json"), "--noCheck", "--outDir", folder];
  await Promise.all([promisify(execFile)(process.execPath, args), bundleMcp(folder)]);
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** An empty folder for compiled modules, where packages are found and nobody else looks. */
export async function packageFolder(): Promise<string> {
  const cache = join(root, "node_modules", ".cache");
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, "chargly-built-"));
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  return folder;
}

async function isFresh(folder: string): Promise<boolean> {
  const [made, written] = await Promise.all([
    newest([folder]),
    newest(
      ["src", "migrations", "packages/mcp/src", "packages/sdk/src"].map((at) => join(root, at)),
    ),
  ]);
  return made > written;
}

async function newest(folders: readonly string[]): Promise<number> {
  const times = await Promise.all(
    folders.map(async (folder) => {
      const names = await readdir(folder, { recursive: true }).catch(() => []);
      return Promise.all(names.map(async (name) => (await stat(join(folder, name))).mtimeMs));
    }),
  );
  return Math.max(0, ...times.flat());
}
