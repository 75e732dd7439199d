import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutPage, decodeCursor, encodeCursor } from "../../src/kernel/page.js";

const byItself = (row: number): string => String(row);

describe("a page", () => {
  it("ends where the rows end, without a cursor", () => {
    expect(cutPage([], 3, byItself)).toEqual({ data: [], hasMore: false, nextCursor: null });
    expect(cutPage([1, 2, 3], 3, byItself)).toMatchObject({ hasMore: false, nextCursor: null });
  });

  it("gives away none of the row that only tells that there are more", () => {
    const page = cutPage([1, 2, 3, 4], 3, byItself);
    expect(page).toEqual({ data: [1, 2, 3], hasMore: true, nextCursor: encodeCursor("3") });
  });

  it("follows page so that every row is seen once, whatever the size", () => {
    fc.assert(
      fc.property(fc.nat({ max: 60 }), fc.integer({ min: 1, max: 20 }), (rows, size) => {
        const all = Array.from({ length: rows }, (_, index) => index + 1);
        const seen: number[] = [];
        let cursor: string | null = null;
        do {
          const behind: number = cursor === null ? 0 : Number(decodeCursor(cursor));
          const read: readonly number[] = all.filter((row) => row > behind).slice(0, size + 1);
          const page = cutPage(read, size, byItself);
          seen.push(...page.data);
          cursor = page.nextCursor;
        } while (cursor !== null);
        expect(seen).toEqual(all);
      }),
    );
  });
});

describe("a cursor", () => {
  it("keeps its key and can stand in an address as it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (key) => {
        const cursor = encodeCursor(key);
        expect(decodeCursor(cursor)).toBe(key);
        expect(encodeURIComponent(cursor)).toBe(cursor);
      }),
    );
  });

  it.each([
    ["padding", `${encodeCursor("1")}==`],
    ["plain base64", Buffer.from("??>").toString("base64")],
    ["a stray space", ` ${encodeCursor("100")}`],
    ["letters outside of the alphabet", "@@@@"],
    ["bytes that are no text", Buffer.from([0xff, 0xfe, 0xfd]).toString("base64url")],
    ["bits that are not used", "MR"],
  ])("is not one of ours with %s", (_what, cursor) => {
    expect(decodeCursor(cursor)).toBeUndefined();
  });
});
