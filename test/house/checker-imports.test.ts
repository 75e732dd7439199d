import { expect, it } from "vitest";
import { textOf, typescriptFiles } from "./tree.js";

const folder = "test/simulation/checker/";
const imported = /\b(?:from\s+|import\s+|import\s*\(\s*)"([^"]+)"/g;

/** Node, `pg`, and the checker's own files: whatever else it used could share a mistake with the product. */
function isForeign(name: string): boolean {
  return !(name === "pg" || name.startsWith("node:") || /^\.\/[a-z-]+\.js$/.test(name));
}

function importsOf(text: string): string[] {
  return [...text.matchAll(imported)].map((match) => match[1] ?? "");
}

it("the storm's checker shares no code with the product", () => {
  const files = typescriptFiles().filter((path) => path.startsWith(folder));
  const read = files.flatMap((path) => importsOf(textOf(path)).map((name) => ({ path, name })));
  expect(read.filter(({ name }) => isForeign(name))).toEqual([]);
  expect(read.map(({ name }) => name)).toContain("pg");
  expect(files.length).toBeGreaterThan(5);
});

it.each([
  'import { zeroCredits } from "../../../src/kernel/credits.js";',
  'import { newTally } from "../tally.js";',
  'const { TypeID } = await import("typeid-js");',
  'export * from "./../shop.js";',
])("would notice: %s", (line) => {
  expect(importsOf(line).some(isForeign)).toBe(true);
});
