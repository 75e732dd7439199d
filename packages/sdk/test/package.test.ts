import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { version } from "../src/version.js";

const run = promisify(execFile);
const folder = fileURLToPath(new URL("..", import.meta.url));
const bytesMax = 12 * 1024;

let packed: string;
beforeAll(async () => {
  packed = await mkdtemp(join(tmpdir(), "chargly-sdk-"));
  await run("npm", ["run", "build"], { cwd: folder });
  await run("npm", ["pack", "--pack-destination", packed], { cwd: folder });
}, 120_000);
afterAll(() => rm(packed, { recursive: true, force: true }));

const manifest = async () => JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
const tarball = async () => readFile(join(packed, `chargly-sdk-${version}.tgz`));

describe("the package, as it would be published", () => {
  it("has no dependency, and says its version in one voice", async () => {
    const { dependencies, version: published } = await manifest();
    expect([dependencies, published]).toEqual([undefined, version]);
  });

  it("is clean under publint", async () => {
    const { messages } = await publint({ pkgDir: folder, strict: true });
    const pkg = await manifest();
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  it("has types that fit, for everybody who can import ESM", async () => {
    const { analysis } = await resultOf(await tarball());
    const asked = new Set(["node16-esm", "bundler"]);
    const wrong = analysis.problems.filter(
      (problem) => !("resolutionKind" in problem) || asked.has(problem.resolutionKind),
    );
    expect(wrong).toEqual([]);
    expect(Object.keys(analysis.entrypoints)).toEqual(expect.arrayContaining([".", "./testing"]));
  });

  it("is small: all that importing it loads is below 12 kB gzipped", async () => {
    const files = await readdir(join(folder, "dist"));
    const loaded = files.filter((file) => file.endsWith(".js") && file !== "testing.js");
    const texts = await Promise.all(loaded.map((file) => readFile(join(folder, "dist", file))));
    const bytes = texts.reduce((sum, text) => sum + gzipSync(text).length, 0);
    expect(bytes).toBeLessThan(bytesMax);
    expect(bytes).toBeGreaterThan(6_000);
    expect(texts.join("")).not.toContain("createFakeChargly");
  });
});

async function resultOf(data: Buffer) {
  const analysis = await checkPackage(createPackageFromTarballData(data));
  if (analysis.types === false) throw new Error("the package has no types");
  return { analysis };
}
