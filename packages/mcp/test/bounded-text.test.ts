import fc from "fast-check";
import { expect, it } from "vitest";
import { boundedRecord, boundedText, quoted } from "../src/tools/bounded-text.js";

const texts = fc.string({ unit: "binary", maxLength: 400 });
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

it("makes any text one line of what everybody sees, and no longer than it may be", () => {
  fc.assert(
    fc.property(texts, fc.integer({ min: 1, max: 300 }), (text, charsMax) => {
      const line = boundedText(text, charsMax);
      expect([...line].length).toBeLessThanOrEqual(charsMax);
      expect(line).not.toMatch(unseen);
      expect(JSON.parse(quoted(text, charsMax))).toBe(line);
    }),
  );
});

it("leaves text alone that is fit already", () => {
  expect(boundedText("500 credits for $9.99", 100)).toBe("500 credits for $9.99");
  expect(boundedText("abcdef", 4)).toBe("abc…");
});

it("bounds records, and keeps plain values only", () => {
  const many = Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`k${at}`, at]));
  expect(Object.keys(boundedRecord(many) ?? {})).toHaveLength(20);
  const mixed = { model: "gpt-x", tokens: 12, nested: { a: 1 }, list: [1], none: null };
  expect(boundedRecord(mixed)).toEqual({ model: "gpt-x", tokens: 12, none: null });
  expect(boundedRecord(null)).toBeNull();
});
