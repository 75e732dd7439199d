import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { version } from "../src/version.js";

const run = promisify(execFile);
const folder = fileURLToPath(new URL("..", import.meta.url));

let packed: string;
beforeAll(async () => {
  packed = await mkdtemp(join(tmpdir(), "chargly-mcp-"));
  await run("npm", ["run", "build"], { cwd: folder });
  await run("npm", ["pack", "--pack-destination", packed], { cwd: folder });
}, 120_000);
afterAll(() => rm(packed, { recursive: true, force: true }));

const manifest = async () => JSON.parse(await readFile(join(folder, "package.json"), "utf8"));

describe("the package, as it would be published", () => {
  it("says its version in one voice", async () => {
    expect((await manifest()).version).toBe(version);
  });

  it("is clean under publint", async () => {
    const { messages } = await publint({ pkgDir: folder, strict: true });
    const pkg = await manifest();
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  it("has types that fit, for everybody who can import ESM", async () => {
    const tarball = await readFile(join(packed, `chargly-mcp-${version}.tgz`));
    const analysis = await checkPackage(createPackageFromTarballData(tarball));
    if (analysis.types === false) throw new Error("the package has no types");
    const asked = new Set(["node16-esm", "bundler"]);
    const wrong = analysis.problems.filter(
      (problem) => !("resolutionKind" in problem) || asked.has(problem.resolutionKind),
    );
    expect(wrong).toEqual([]);
  });
});
