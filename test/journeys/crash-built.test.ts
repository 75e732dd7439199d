import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Build, buildProduct } from "../support/build.js";
import { emptyDatabase } from "../support/database.js";
import { runProgram, startProgram } from "../support/processes.js";
import { startTestStack, type TestStack } from "../support/stack.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const buildMs = 120_000;

let stack: TestStack;
let build: Build;
beforeAll(async () => {
  stack = await startTestStack({ roles: ["web"] });
  build = await buildProduct();
}, buildMs);
afterAll(async () => {
  await build.remove();
  await stack.stop();
});

it(
  "starts each process of the Procfile alone from what the build made",
  async () => {
    const lines = (await readFile(join(root, "Procfile"), "utf8")).trim().split("\n");
    const programs = new Map(lines.map((line) => readLine(line, build.folder)));
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
