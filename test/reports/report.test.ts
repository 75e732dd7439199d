import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newId } from "../../src/kernel/ids.js";
import { wholeCredits } from "../../src/kernel/credits.js";
import { decideGrant } from "../../src/ledger/decide-grant.js";
import { decideSpend } from "../../src/ledger/decide-spend.js";
import { monthReportJson } from "../../src/reports/render-report.js";
import { isClosed, lineOf, linesIn, linesOut, monthOf } from "../../src/reports/rules.js";
import { approvedOrThrow } from "../../src/kernel/verdict.js";
import { walletBook } from "../support/ledger.js";
import { startTestStack, type TestStack } from "../support/stack.js";

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack({ roles: ["web"] });
}, 60_000);
afterAll(() => stack.stop());

type Book = Awaited<ReturnType<typeof walletBook>>;

const buy = ({ post }: Book, credits: number, amountMinor: bigint, currency: string) =>
  post((book) =>
    decideGrant(book, {
      kind: "purchase",
      amount: wholeCredits(credits),
      cost: { amountMinor, currency },
      expiresAt: null,
      cause: { type: "purchase", id: newId("purchase") },
      memo: `${credits} credits`,
    }),
  );
const use = ({ walletId, post }: Book, credits: number, debtMax = 0) =>
  post((book, asked) =>
    decideSpend(book, {
      ...asked,
      amount: wholeCredits(credits),
      shortfall: { policy: "debt", limit: wholeCredits(debtMax) },
      cause: { type: "usage", id: newId("usageEvent") },
      memo: walletId,
    }),
  );

const month = () => new Date().toISOString().slice(0, 7);
const read = (query: string) => stack.call("GET", `/v1/reports/month?${query}`);

describe("the report of a month", () => {
  it("has the credits and the money of each currency, and both add up", async () => {
    const { db } = stack.database;
    const ann = await walletBook(db, stack.projectId, "ann");
    await buy(ann, 300, 1_000n, "usd");
    await ann.give(20);
    await use(ann, 120); // the 20 that were given burn first, then a third of what was bought
    const bob = await walletBook(db, stack.projectId, "bob");
    await buy(bob, 10, 500n, "jpy");
    await bob.take(3);
    await use(bob, 9, 2);
    await buy(bob, 5, 250n, "jpy"); // two of them pay what is owed
    const answer = await read(`month=${month()}`);
    expect(answer.status).toBe(200);
    const report = monthReportJson.parse(answer.json);
    expect(report).toMatchObject({
      month: month(),
      closed: false,
      credits: {
        atStart: "0",
        sold: "315",
        granted: "20",
        consumed: "127",
        debtRepaid: "2",
        withdrawn: "3",
        atEnd: "203",
      },
      given: { granted: "20", consumed: "20", atEnd: "0" },
      debt: { atStart: "0", overdrawn: "2", repaid: "2", atEnd: "0" },
    });
    expect(report.currencies).toMatchObject([
      {
        currency: "jpy",
        credits: { sold: "15", consumed: "7", debtRepaid: "2", withdrawn: "3", atEnd: "3" },
        deferred: { sold: 750, consumed: 350, debtRepaid: 100, withdrawn: 150, atEnd: 150 },
        recognised: { usage: 450, expired: 0, withdrawn: 150, total: 600 },
      },
      {
        currency: "usd",
        credits: { sold: "300", consumed: "100", atEnd: "200" },
        deferred: { atStart: 0, sold: 1_000, consumed: 333, atEnd: 667 },
        recognised: { usage: 333, expired: 0, withdrawn: 0, total: 333 },
      },
    ]);
  });

  it("is the same as CSV, where the lines of an account add up to its last one", async () => {
    const key = { authorization: `Bearer ${stack.apiKey}` };
    const path = `${stack.url}/v1/reports/month?month=${month()}&format=csv`;
    const response = await fetch(path, { headers: key });
    expect(response.headers.get("content-type")).toContain("text/csv");
    const [titles, ...rows] = (await response.text()).trimEnd().split("\r\n");
    expect(titles).toBe("month,part,currency,line,credits,amountMinor,amount");
    expect(rows).toContain(`${month()},outstanding,usd,consumed,-100,-333,-3.33`);
    expect(rows).toContain(`${month()},outstanding,jpy,sold,15,750,750`);
    expect(rows).toContain(`${month()},recognised,usd,total,,333,3.33`);
    expect(rows).toContain(`${month()},debt,all,overdrawn,2,,`);
    const sums = new Map<string, number>();
    for (const row of rows) {
      const [, part = "", currency = "", line = "", credits = ""] = row.split(",");
      if (part === "recognised") continue;
      const account = `${part} ${currency}`;
      const before = sums.get(account) ?? 0;
      if (line === "atEnd") expect([account, Number(credits)]).toEqual([account, before]);
      sums.set(account, before + Number(credits));
    }
    expect([...sums.keys()]).toEqual([
      "outstanding all",
      "outstanding given",
      "outstanding jpy",
      "outstanding usd",
      "debt all",
    ]);
  });

  it("of a month before anything happened is empty, and closed", async () => {
    const report = monthReportJson.parse((await read("month=2025-12")).json);
    expect(report).toMatchObject({
      closed: true,
      credits: { atStart: "0", sold: "0", atEnd: "0" },
    });
    for (const { deferred } of report.currencies)
      expect(new Set(Object.values(deferred))).toEqual(new Set([0]));
  });

  it.each(["month=2026-13", "month=november", "month=2999-01", "month=2026-11&format=pdf", ""])(
    "refuses ?%s",
    async (query) => {
      const { status, json } = await read(query);
      expect([status, json["code"]]).toEqual([400, "invalid_request"]);
    },
  );
});

describe("a month", () => {
  it("is closed ten minutes after it ended, and not before", () => {
    const february = approvedOrThrow(monthOf("2024-02", Date.UTC(2026, 0)));
    expect(february.to.toISOString()).toBe("2024-03-01T00:00:00.000Z");
    const end = february.to.getTime();
    expect([isClosed(february, end), isClosed(february, end + 10 * 60_000)]).toEqual([false, true]);
    expect(monthOf("2026-02", Date.UTC(2026, 0, 31, 23, 59)).approved).toBe(false);
  });

  it("has a line for everything that changes what customers have", () => {
    const lines = new Set(Object.values(lineOf).filter((line) => line !== null));
    expect(new Set<string>([...linesIn, ...linesOut])).toEqual(new Set<string>(lines));
  });
});
