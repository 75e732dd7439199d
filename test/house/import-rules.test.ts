import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { readdirSync, readFileSync } from "node:fs";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { offendersFolder, root, typescriptFiles } from "./tree.js";

const cruiseSchema = z.object({
  modules: z.array(z.object({ source: z.string(), dependencies: z.array(z.unknown()) })),
  summary: z.object({
    violations: z.array(z.object({ from: z.string(), rule: z.object({ name: z.string() }) })),
  }),
});
type Cruise = z.infer<typeof cruiseSchema>;

const configFile = `${root}.dependency-cruiser.cjs`;
const require = createRequire(import.meta.url);
const config = z
  .object({ forbidden: z.array(z.object({ name: z.string() })) })
  .parse(require(configFile));

describe("the import rules", () => {
  it("hold, and the tool really read every source file", { timeout: 120_000 }, async () => {
    const cruise = await cruiseFrom(root, ["src", "packages", "migrations"]);
    const seen = new Set(cruise.modules.map((module) => module.source));
    const sources = typescriptFiles().filter((path) => /^(?:src|packages|migrations)\//.test(path));
    expect(sources.filter((path) => !seen.has(path))).toEqual([]);
    const readings = cruise.modules.filter((module) => module.dependencies.length > 0);
    expect(readings.length).toBeGreaterThan(sources.length / 2);
    expect(cruise.summary.violations).toEqual([]);
  });

  describe("catch what breaks them", () => {
    let planted: readonly { file: string; rule: string }[];
    let caught: readonly { from: string; rule: string }[];
    beforeAll(async () => {
      planted = plantedOffenders();
      const cruise = await cruiseFrom(`${root}${offendersFolder}`, ["src", "packages", "test"]);
      caught = cruise.summary.violations.map(({ from, rule }) => ({ from, rule: rule.name }));
    }, 120_000);

    it.each(config.forbidden)("$name", ({ name }) => {
      const files = planted.filter(({ rule }) => rule === name).map(({ file }) => file);
      expect(files, "plant a file that breaks this rule").not.toEqual([]);
      for (const file of files)
        expect(caught, file).toSatisfy(() => caught.some((found) => isAbout(found, file, name)));
    });

    it("and nothing else", () => {
      const innocent = caught.filter(
        (found) => !planted.some(({ file, rule }) => isAbout(found, file, rule)),
      );
      expect(innocent).toEqual([]);
    });
  });
});

/** A rule between folders names the folder. */
function isAbout(found: { from: string; rule: string }, file: string, rule: string): boolean {
  return found.rule === rule && (found.from === file || found.from === dirname(file));
}

/** The first line of a planted file names the rule that it breaks. */
function plantedOffenders(): readonly { file: string; rule: string }[] {
  const folder = `${root}${offendersFolder}`;
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return files.flatMap((path) => {
    const file = path.replaceAll("\\", "/");
    if (!file.endsWith(".ts")) return [];
    const rule = /^\/\/ offends: (\S+)\n/.exec(readFileSync(`${folder}/${file}`, "utf8"))?.[1];
    return rule === undefined || rule === "no-network-in-transaction" ? [] : [{ file, rule }];
  });
}

async function cruiseFrom(cwd: string, folders: readonly string[]): Promise<Cruise> {
  const program = `${root}node_modules/dependency-cruiser/bin/dependency-cruise.mjs`;
  const args = [program, ...folders, "--config", configFile, "--output-type", "json"];
  const answer = await promisify(execFile)(process.execPath, args, {
    cwd,
    maxBuffer: 64 * 1024 * 1024,
  });
  return cruiseSchema.parse(JSON.parse(answer.stdout));
}
