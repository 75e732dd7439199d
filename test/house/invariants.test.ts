import { describe, expect, it } from "vitest";
import { invariants } from "../../src/app/invariants.js";
import { checkoutDamages } from "../checkout/damages.js";
import { damages } from "../ledger/damages.js";
import { reversalDamages } from "../ledger/reversal-damages.js";
import { meteringDamages } from "../metering/damages.js";
import { refundDamages } from "../reversals/damages.js";
import { repositoryFiles, textOf } from "./tree.js";

const notOne = /\/(?:index|invariant|(?:[a-z-]+-)?scope)\.ts$/;

describe("invariants", () => {
  const names = invariants.map(({ name }) => name);

  it("stand each in a file of its name, and all are in the list of app", () => {
    const files = repositoryFiles().filter(
      (path) => /^src\/[^/]+\/invariants\//.test(path) && !notOne.test(path),
    );
    const fileOf = (name: string) => `/invariants/${name.replaceAll("_", "-")}.ts`;
    expect(names.filter((name) => !files.some((path) => path.endsWith(fileOf(name))))).toEqual([]);
    expect(files).toHaveLength(names.length);
    expect(new Set(names).size).toBe(names.length);
  });

  it("have each a damage that it alone finds", () => {
    const alone = [
      ...damages,
      ...reversalDamages,
      ...checkoutDamages,
      ...meteringDamages,
      ...refundDamages,
    ]
      .map(({ foundBy }) => foundBy)
      .filter((found) => found.length === 1)
      .flat();
    expect(names.filter((name) => !alone.includes(name))).toEqual([]);
  });

  it("are explained in the README of their domain", () => {
    const readmes = repositoryFiles()
      .filter((path) => /^src\/[^/]+\/README\.md$/.test(path))
      .map(textOf)
      .join("");
    expect(names.filter((name) => !readmes.includes(`\`${name}\``))).toEqual([]);
  });
});
