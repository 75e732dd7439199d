import { readFileSync } from "node:fs";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { networkInTransactions } from "./network-in-transactions.js";
import { offendersFolder, root, typescriptFiles } from "./tree.js";

const timeout = 120_000;
const options = compilerOptions();

describe("a transaction", () => {
  it("never waits for Stripe, the queue or any other machine", { timeout }, () => {
    const files = typescriptFiles().filter((path) => path.startsWith("src/"));
    expect(
      networkInTransactions(
        files.map((path) => `${root}${path}`),
        options,
      ),
    ).toEqual([]);
  });

  it("that does is caught: in its callback, behind a function, and by a taken transaction", {
    timeout,
  }, () => {
    const file = `${root}${offendersFolder}/src/checkout/asks-within-a-transaction.ts`;
    const lines = readFileSync(file, "utf8").split("\n");
    const planted = lines.flatMap((line, index) =>
      line.endsWith("// offends") ? [index + 1] : [],
    );
    const caught = networkInTransactions([file], options).map((call) => call.line);
    expect(planted.length).toBeGreaterThan(3);
    expect(caught).toEqual(planted);
  });
});

function compilerOptions(): ts.CompilerOptions {
  const read = ts.readConfigFile(`${root}tsconfig.json`, (path) => ts.sys.readFile(path));
  expect(read.error).toBeUndefined();
  // Neither Node's types nor a package's are followed.
  return { ...ts.parseJsonConfigFileContent(read.config, ts.sys, root).options, types: [] };
}
