import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { isPicture, repositoryFiles, root, textOf } from "./tree.js";

const lockedPackage = z.object({
  resolved: z.string().optional(),
  optionalDependencies: z.record(z.string(), z.string()).default({}),
});
const locked = z
  .object({ packages: z.record(z.string(), lockedPackage) })
  .parse(JSON.parse(textOf("package-lock.json"))).packages;

describe("the repository", () => {
  it("locks packages without naming the registry that they came from", () => {
    const named = Object.values(locked).flatMap(({ resolved }) => resolved ?? []);
    expect(named.filter((address) => address.includes("http"))).toEqual([]);
    expect(Object.keys(locked).length).toBeGreaterThan(100);
  });

  it("locks the packages of every platform: npm ci refuses a lock that leaves one out", () => {
    const names = new Set(Object.keys(locked).map((at) => at.replace(/^.*node_modules\//, "")));
    const wanted = Object.values(locked).flatMap((each) => Object.keys(each.optionalDependencies));
    expect(wanted.filter((name) => !names.has(name))).toEqual([]);
  });

  it("says nothing about the machine it was written on, and leaves no work marked as open", () => {
    const found = repositoryFiles()
      .filter((path) => !path.startsWith("test/house/") && path !== "package-lock.json")
      .filter((path) => !isPicture(path))
      .flatMap((path) =>
        textOf(path)
          .split("\n")
          .flatMap((line, index) => (unwanted.test(line) ? [`${path}:${index + 1}: ${line}`] : [])),
      );
    expect(found).toEqual([]);
  });

  it.each([
    `see ${["", "work", "main"].join("/")}/src`,
    "in /home/alex/chargly",
    "// TODO: later",
    "FIXME",
    'throw new Error("not implemented")',
  ])("would notice: %s", (line) => {
    expect(unwanted.test(line)).toBe(true);
  });

  it("explains each domain beside it", () => {
    const folders = readdirSync(`${root}src`, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => `src/${entry.name}`);
    const files = new Set(repositoryFiles());
    expect(folders.filter((folder) => !files.has(`${folder}/README.md`))).toEqual([]);
  });

  it("numbers each migration once, without a gap", () => {
    const migrations = repositoryFiles()
      .filter((path) => /^migrations\/.*\.ts$/.test(path))
      .sort();
    const numbers = migrations.map((path) =>
      Number(/^migrations\/(\d{4})_[a-z_]+\.ts$/.exec(path)?.[1]),
    );
    expect(numbers).toEqual(migrations.map((_path, index) => index + 1));
  });

  it("keeps the architecture to 200 lines and each decision to 40", () => {
    const long = repositoryFiles()
      .map((path) => ({ path, lines: linesMaxOf(path) }))
      .filter(({ path, lines }) => textOf(path).trimEnd().split("\n").length > lines);
    expect(long).toEqual([]);
  });

  it("names in the Procfile only programs that the build makes", () => {
    const files = new Set(repositoryFiles());
    const programs = [...textOf("Procfile").matchAll(/node (?:--\S+ )?dist\/(\S+)\.js/g)].map(
      (match) => `${match[1]}.ts`,
    );
    expect(programs).toHaveLength(4);
    expect(programs.filter((program) => !files.has(program))).toEqual([]);
  });
});

/** Absolute paths of somebody's machine, and marks of work that was left for later. */
const unwanted =
  /(?:^|[\s"'`(=])(?:\/work\/|\/home\/[a-z]+\/|\/Users\/)|\b(?:TODO|FIXME|XXX|HACK)\b|\b[Nn]ot implemented\b/;

function linesMaxOf(path: string): number {
  if (/(?:^|\/)ARCHITECTURE\.md$/.test(path)) return 200;
  if (/^docs\/decisions\/\d{4}-.*\.md$/.test(path)) return 40;
  return Number.POSITIVE_INFINITY;
}
