import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const repository = fileURLToPath(new URL("../../..", import.meta.url));

/** What each line of the Procfile gives node, with the program in this build. */
export async function readProcfile(build: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const text = await readFile(join(repository, "Procfile"), "utf8");
  return new Map(
    text
      .trim()
      .split("\n")
      .map((line) => readLine(line, build)),
  );
}

function readLine(line: string, build: string): readonly [string, readonly string[]] {
  const [, name = "", command = ""] = /^(\w+): node ((?:--\S+ )?dist\/.+)$/.exec(line) ?? [];
  const args = command
    .split(" ")
    .map((arg) => (arg.startsWith("dist/") ? join(build, arg.slice("dist/".length)) : arg));
  return [name, args];
}
