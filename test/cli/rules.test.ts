import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  judgeBooks,
  judgeClock,
  judgeInbox,
  judgeProblems,
  judgeQueue,
  judgeUsage,
  seconds,
} from "../../src/app/commands/doctor/rules.js";
import { parsePrice } from "../../src/app/commands/parse-price.js";
import { renderTable } from "../../src/app/commands/table.js";
import { createPaint } from "../../src/app/commands/terminal.js";
import { formatMoney } from "../../src/kernel/money.js";
import { durabilityProblems } from "../../src/platform/db/durability.js";

const minor = (text: string, currency: string): bigint | string => {
  const read = parsePrice(text, currency);
  return read.approved ? read.value.amountMinor : read.refusal.code;
};

describe("a price", () => {
  it.each([
    ["9.99", "usd", 999n],
    ["9.9", "usd", 990n],
    ["9", "usd", 900n],
    ["0.07", "eur", 7n],
    ["1200", "jpy", 1_200n],
    ["3.5", "kwd", 3_500n],
    ["500", "isk", 50_000n],
    ["9.999", "usd", "invalid_request"],
    ["1200.0", "jpy", "invalid_request"],
    ["09.99", "usd", "invalid_request"],
    [".99", "usd", "invalid_request"],
    ["1e3", "usd", "invalid_request"],
    ["9,99", "usd", "invalid_request"],
    ["-1", "usd", "invalid_request"],
    ["٥", "usd", "invalid_request"],
    ["9.99", "USD", "invalid_request"],
    ["9.99", "dollar", "invalid_request"],
  ])("%s %s is read by its digits", (text, currency, expected) => {
    expect(minor(text, currency)).toBe(expected);
  });

  it("is the amount that formatMoney shows, for every amount", () => {
    const currency = fc.constantFrom("usd", "jpy", "kwd", "eur");
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 99_999_999n }), currency, (amountMinor, code) => {
        const shown = formatMoney({ amountMinor, currency: code }).replace(/[^\d.]/g, "");
        expect(minor(shown, code)).toBe(amountMinor);
      }),
    );
  });
});

describe("a table", () => {
  const columns = [
    { title: "name", cell: (row: readonly string[]) => row[0] ?? "" },
    { title: "credits", cell: (row: readonly string[]) => row[1] ?? "", align: "right" as const },
  ];
  it("aligns columns by what is seen, colours or not", () => {
    const rows = [
      ["a", "5"],
      ["longer", "12.5"],
    ];
    const plain = renderTable(columns, rows, { paint: createPaint(false), none: "-" });
    expect(plain).toBe("NAME    CREDITS\na             5\nlonger     12.5\n");
    const paint = createPaint(true);
    const colored = rows.map(([name = "", credits = ""]) => [paint("red", name), credits]);
    const painted = renderTable(columns, colored, { paint, none: "-" });
    expect(painted).not.toBe(plain);
    // oxlint-disable-next-line no-control-regex -- colours are control characters
    expect(painted.replace(/\u001b\[\d+m/g, "")).toBe(plain);
  });

  it("lets no cell move the cursor or break its line", () => {
    const drawn = renderTable(columns, [["a\n\u001b[2Jb", "1"]], {
      paint: createPaint(false),
      none: "-",
    });
    expect(drawn).toContain("a��[2Jb");
  });
});

describe("the doctor judges", () => {
  it("usage by how long it waits, and by what nobody could apply", () => {
    const judged = (oldestSeconds: number, quarantined: number) =>
      judgeUsage({ oldestSeconds, quarantined }).status;
    expect([judged(0, 0), judged(5, 0), judged(3_600, 0)]).toEqual(["ok", "ok", "fail"]);
    expect([judged(0, 1), judged(5, 1), judged(3_600, 1)]).toEqual(["warn", "warn", "fail"]);
  });

  const durable = {
    fsync: "on",
    fullPageWrites: "on",
    synchronousCommit: "on",
    version: "18.4",
    versionNumber: "180004",
  };
  it.each([
    [durable, "ok"],
    [{ ...durable, fsync: "off" }, "fail"],
    [{ ...durable, synchronousCommit: "off" }, "fail"],
    [{ ...durable, synchronousCommit: "local" }, "warn"],
  ])("durability, however the server is set", (facts, status) => {
    expect(judgeProblems(durabilityProblems(facts), "well").status).toBe(status);
  });

  it("every measurement: well, soon, now", () => {
    const inbox = { waiting: 3, failed: 0 };
    const rule = { name: "seq_gapless", rule: "no gap", examples: [], seconds: 0 };
    expect([
      judgeQueue("redis", undefined).status,
      judgeQueue("redis", 31).status,
      judgeQueue("redis", 601).status,
      judgeInbox({ ...inbox, oldestSeconds: 1 }).status,
      judgeInbox({ ...inbox, oldestSeconds: 31 }).status,
      judgeInbox({ ...inbox, oldestSeconds: 601 }).status,
      judgeInbox({ waiting: 0, oldestSeconds: 0, failed: 2 }).status,
      judgeBooks([{ ...rule, offenders: 0 }]).status,
      judgeBooks([{ ...rule, offenders: 1 }]).status,
      judgeClock("database", 1_999).status,
      judgeClock("database", -2_001).status,
      judgeClock("Stripe", 2_001).status,
      judgeClock("Stripe", -100_001).status,
    ]).toEqual("ok warn fail ok warn fail warn ok fail ok warn ok fail".split(" "));
    expect(judgeClock("Stripe", -100_001).detail).toBe("100 s ahead of Stripe's");
    expect([5, 300, 7_200, 200_000].map(seconds)).toEqual(["5 s", "5 min", "2 h", "2 d"]);
  });
});
