import { describe, expect, it } from "vitest";
import { isTest, repositoryFiles, textOf, typescriptFiles } from "./tree.js";

const linesMax = 300;
/** It shows suppressions to its own search. */
const thisFile = "test/house/names-and-sizes.test.ts";
/** Names that say nothing about the field of payments, so that anything could be put there. */
const emptyName = /^(?:services?|managers?|helpers?|utils?|common|misc)$/;

describe("names and sizes", () => {
  it("no file or folder has a name that says nothing", () => {
    expect(repositoryFiles().filter(saysNothing)).toEqual([]);
    expect(["src/wallets/wallet-service.ts", "test/utils/a.ts", "src/a.helper.ts"]).toSatisfy(
      (planted: string[]) => planted.every(saysNothing),
    );
  });

  it(`no file that people wrote has more than ${linesMax} lines`, () => {
    const long = typescriptFiles()
      .map((path) => `${path}: ${textOf(path).trimEnd().split("\n").length}`)
      .filter((entry) => Number(entry.split(": ")[1]) > linesMax);
    expect(long).toEqual([]);
  });

  it("every lint suppression gives its reason", () => {
    const bare = typescriptFiles()
      .filter((path) => path !== thisFile)
      .flatMap((path) =>
        textOf(path)
          .split("\n")
          .map((line) => ({ path, line })),
      )
      .filter(({ line }) => suppression.test(line) && !reasoned.test(line));
    expect(bare).toEqual([]);
    expect(suppression.test("// oxlint-disable-next-line no-console")).toBe(true);
    expect(reasoned.test("// oxlint-disable-next-line no-console -- a person reads it")).toBe(true);
  });

  it("no test sleeps: it waits for a fact, and only test/support polls", () => {
    const sleepers = typescriptFiles().filter(
      (path) => isTest(path) && !mayWait.test(path) && sleeps(textOf(path)),
    );
    expect(sleepers).toEqual([]);
    expect(sleeps("await new Promise((done) => setTimeout(done, 50));")).toBe(true);
    expect(sleeps("socket.setTimeout(5_000);")).toBe(false);
  });
});

const suppression =
  /(?:oxlint|eslint)[-]disable|biome[-]ignore|@ts[-](?:ignore|expect-error|nocheck)/;
const reasoned = /(?:-disable[a-z-]* .+ -- \S+|biome-ignore [^:]+: \S+|@ts-expect-error \S+)/;
const mayWait = /^test\/(?:support|bench|simulation)\/|^test\/house\//;

function saysNothing(path: string): boolean {
  return path.split(/[/.-]/).some((word) => emptyName.test(word.toLowerCase()));
}

/** A bare `setTimeout`, or the promise of `node:timers/promises`. A socket's own timeout is no sleep. */
function sleeps(text: string): boolean {
  return /(?<!\.)\bsetTimeout\(/.test(text) || /from "(?:node:)?timers\/promises"/.test(text);
}
