import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type IdKind, idPrefixes, newId, parsePublicId, publicId } from "../../src/kernel/ids.js";

const kinds = Object.keys(idPrefixes).filter((kind): kind is IdKind => kind in idPrefixes);
const known = publicId("wallet", newId("wallet"));
const suffix = known.slice("wal_".length);

describe("an id", () => {
  it("comes back from its public form, for every kind of thing", () => {
    for (const kind of kinds) {
      const id = newId(kind);
      expect(publicId(kind, id)).toMatch(
        new RegExp(`^${idPrefixes[kind]}_[0-9a-hjkmnp-tv-z]{26}$`),
      );
      expect(parsePublicId(kind, publicId(kind, id))).toBe(id);
    }
  });

  it("names one kind of thing only", () => {
    expect(new Set(Object.values(idPrefixes)).size).toBe(kinds.length);
    for (const kind of kinds) {
      if (kind !== "wallet") expect(parsePublicId(kind, known)).toBeUndefined();
    }
  });

  it("is a UUIDv7 that tells when it was made, so later ids sort behind earlier ones", () => {
    const beforeMs = Date.now();
    const ids = Array.from({ length: 1_000 }, () => newId("purchase"));
    const afterMs = Date.now();
    for (const id of ids) {
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      const madeAtMs = Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16);
      expect(madeAtMs).toBeGreaterThanOrEqual(beforeMs);
      expect(madeAtMs).toBeLessThanOrEqual(afterMs);
    }
    expect(ids.toSorted()).toEqual(ids);
    const publicIds = ids.map((id) => publicId("purchase", id));
    expect(publicIds.toSorted()).toEqual(publicIds);
  });

  it.each<[string, unknown]>([
    ["nothing", ""],
    ["no prefix", suffix],
    ["an empty prefix", `_${suffix}`],
    ["another separator", `wal-${suffix}`],
    ["two separators", `wal__${suffix}`],
    ["a letter too few", known.slice(0, -1)],
    ["a letter too many", `${known}0`],
    ["capitals, a second name for the same thing", `wal_${suffix.toUpperCase()}`],
    ["a prefix in capitals", `WAL_${suffix}`],
    ["letters that base32 leaves out", `wal_${suffix.slice(0, -1)}u`],
    ["more than 128 bits", `wal_8${suffix.slice(1)}`],
    ["a space before", ` ${known}`],
    ["a line break behind", `${known}\n`],
    ["a plain UUID", newId("wallet")],
    ["thousands of characters", `wal_${"0".repeat(5_000)}`],
    ["null", null],
    ["a number", 5],
    ["a list", [known]],
  ])("is not read from %s", (_what, text) => {
    expect(parsePublicId("wallet", text)).toBeUndefined();
  });

  it("has one public form: whatever is read is written the same way again", () => {
    const nearly = fc
      .tuple(fc.nat({ max: known.length - 1 }), fc.string({ minLength: 1, maxLength: 1 }))
      .map(([at, letter]) => known.slice(0, at) + letter + known.slice(at + 1));
    fc.assert(
      fc.property(nearly, (text) => {
        const id = parsePublicId("wallet", text);
        if (id !== undefined) expect(publicId("wallet", id)).toBe(text);
      }),
      { numRuns: 2_000 },
    );
  });

  it("that is not a UUID gets no public form, instead of that of some other thing", () => {
    const wrong = "not-a-uuid" as ReturnType<typeof newId<"wallet">>;
    expect(() => publicId("wallet", wrong)).toThrow("an id is a UUID");
  });
});
