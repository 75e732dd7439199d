import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { emptyDatabase } from "../support/database.js";
import { runProgram, startProgram } from "../support/processes.js";
import { startTestStack, type TestStack } from "../support/stack.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const buildMs = 120_000;

let stack: TestStack;
/** The folder that the Procfile calls `dist`. */
let built: string;
let temporary: string | undefined;
beforeAll(async () => {
  stack = await startTestStack({ roles: ["web"] });
  built = (await isFresh(join(root, "dist"))) ? join(root, "dist") : await build();
}, buildMs);
afterAll(async () => {
  if (temporary !== undefined) await rm(temporary, { recursive: true, force: true });
  await stack.stop();
});

it(
  "starts each process of the Procfile alone from what the build made",
  async () => {
    const lines = (await readFile(join(root, "Procfile"), "utf8")).trim().split("\n");
    const programs = new Map(lines.map((line) => readLine(line, built)));
    expect([...programs.keys()]).toEqual(["release", "web", "worker", "scheduler"]);

    const empty = await emptyDatabase();
    const [migrate = "", ...args] = programs.get("release") ?? [];
    const release = await runProgram(migrate, args, { ...stack.env, DATABASE_URL: empty.url });
    expect({ code: release.code, stderr: release.stderr }).toEqual({ code: 0, stderr: "" });
    expect(await empty.db("knex_migrations").pluck("name")).toEqual(
      await stack.database.db("knex_migrations").orderBy("id").pluck("name"),
    );
    await empty.drop();

    for (const name of ["web", "worker", "scheduler"]) {
      const [file = "", ...rest] = programs.get(name) ?? [];
      const running = await startProgram(file, rest, stack.env);
      if (name === "web") expect((await fetch(`${running.url}/readyz`)).status).toBe(200);
      const { code, stderr } = await running.terminate();
      expect({ name, code, stderr }).toEqual({ name, code: 0, stderr: "" });
    }
  },
  buildMs,
);

/** `web: node --flag dist/src/web.js` as a name and what node is given. */
function readLine(line: string, folder: string): readonly [string, readonly string[]] {
  const [, name = "", command = ""] = /^(\w+): node ((?:--\S+ )?dist\/.+)$/.exec(line) ?? [];
  const args = command.split(" ");
  return [name, args.map((arg) => (arg.startsWith("dist/") ? join(folder, arg.slice(5)) : arg))];
}

/** Compiles as `npm run build` does, without checking types, where packages are found and nobody else looks. */
async function build(): Promise<string> {
  const cache = join(root, "node_modules", ".cache");
  await mkdir(cache, { recursive: true });
  temporary = await mkdtemp(join(cache, "chargly-built-"));
  await writeFile(join(temporary, "package.json"), JSON.stringify({ type: "module" }));
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  const args = [tsc, "-p", join(root, "tsconfig.build.json"), "--noCheck", "--outDir", temporary];
  await promisify(execFile)(process.execPath, args);
  return temporary;
}

async function isFresh(folder: string): Promise<boolean> {
  const [made, written] = await Promise.all([
    newest([folder]),
    newest([join(root, "src"), join(root, "migrations")]),
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
