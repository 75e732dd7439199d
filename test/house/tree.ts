import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../", import.meta.url));
export const offendersFolder = "test/house/offenders";

/** What git ignores, and what is broken on purpose. */
const leftOut = new Set([
  ".git",
  "node_modules",
  "dist",
  ".chargly",
  "coverage",
  "bench-results.json",
]);

/** Every file of the repository, as paths from its root, with `/`. Works in a clone and in an unpacked archive. */
export function repositoryFiles(): readonly string[] {
  return walk("");
}

/** The TypeScript files that people wrote: sources, tests, migrations, configurations. */
export function typescriptFiles(): readonly string[] {
  return repositoryFiles().filter((path) => path.endsWith(".ts") && !path.endsWith(".d.ts"));
}

export function isTest(path: string): boolean {
  return /^(?:test|packages\/[^/]+\/test)\//.test(path);
}

/** Compressed bytes read as text say anything by chance, so what looks for words leaves pictures out. */
export function isPicture(path: string): boolean {
  return path.endsWith(".png");
}

export function textOf(path: string): string {
  return readFileSync(`${root}${path}`, "utf8");
}

function walk(folder: string): string[] {
  return readdirSync(`${root}${folder}`, { withFileTypes: true }).flatMap((entry) => {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (leftOut.has(entry.name) || path === offendersFolder) return [];
    if (entry.name === ".env" || entry.name.endsWith(".log")) return [];
    return entry.isDirectory() ? walk(path) : entry.isFile() ? [path] : [];
  });
}
