import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { micro, parseCredits } from "../../../src/kernel/credits.js";
import { type Columns, csvHeader, csvRows } from "../../../src/platform/csv/write-csv.js";

/** What RFC 4180 says a file means, and nothing more: CRLF, quotes doubled within quotes. */
function parseCsv(text: string): readonly (readonly string[])[] {
  const records: string[][] = [];
  let record: string[] = [];
  for (let rest = text; rest !== ""; ) {
    const [taken = "", quoted, plain = "", end = ""] =
      /^(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/.exec(rest) ?? [];
    if (end === "") throw new Error(`not RFC 4180: ${JSON.stringify(rest.slice(0, 40))}`);
    record.push(quoted?.replaceAll('""', '"') ?? plain);
    if (end === "\r\n") {
      records.push(record);
      record = [];
    }
    rest = rest.slice(taken.length);
  }
  return records;
}

const one: Columns<string> = { text: (text) => text, more: () => "x" };
const formula = /^[=+\-@\t\r\uFF1D\uFF0B\uFF0D\uFF20]/;

describe("a row of CSV", () => {
  it("says of any text the same again, with an apostrophe before what would be a formula", () => {
    const texts = fc.array(
      fc.oneof(
        fc.string({ unit: "binary" }),
        fc.string({
          unit: fc.constantFrom("=", "+", "-", "@", '"', ",", "\r", "\n", "\t", "'", "a"),
        }),
      ),
    );
    fc.assert(
      fc.property(texts, (rows) => {
        const read = parseCsv(csvHeader(one) + csvRows(one, rows));
        const expected = rows.map((text) => [formula.test(text) ? `'${text}` : text, "x"]);
        expect(read).toEqual([["text", "more"], ...expected]);
        for (const [cell = ""] of read) expect(cell).not.toMatch(formula);
      }),
    );
  });

  it("leaves amounts what they are, also below zero, so that a column can be summed", () => {
    const amounts: Columns<bigint> = { credits: (amount) => micro(amount), half: () => -0.5 };
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 14n), max: 10n ** 14n }), (amount) => {
        const [[digits, half] = []] = parseCsv(csvRows(amounts, [amount]));
        expect(parseCredits(digits)).toBe(amount);
        expect(half).toBe("-0.5");
      }),
    );
  });

  it("has an empty cell where there is nothing", () => {
    expect(csvRows<null>({ a: () => null, b: () => "", c: () => 0 }, [null])).toBe(",,0\r\n");
  });
});
