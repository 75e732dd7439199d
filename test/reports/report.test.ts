import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newId } from "../../src/kernel/ids.js";
import { wholeCredits } from "../../src/kernel/credits.js";
import { decideGrant } from "../../src/ledger/decide-grant.js";
import { decideSpend } from "../../src/ledger/decide-spend.js";
import { reversePurchase } from "../../src/ledger/reverse-purchase.js";
import { keepMonths } from "../../src/reports/keep-months.js";
import { monthReportJson } from "../../src/reports/render-report.js";
import { isClosed, lastClosedMonth, monthOf } from "../../src/reports/month.js";
import { lineOf, linesIn, linesOut } from "../../src/reports/rules.js";
import { approvedOrThrow } from "../../src/kernel/verdict.js";
import { walletBook } from "../support/ledger.js";
import { startTestStack, type TestStack } from "../support/stack.js";

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack({ roles: ["web"] });
}, 60_000);
afterAll(() => stack.stop());

type Book = Awaited<ReturnType<typeof walletBook>>;

async function buy({ post }: Book, credits: number, amountMinor: bigint, currency: string) {
  const id = newId("purchase");
  await post((book) =>
    decideGrant(book, {
      kind: "purchase",
      amount: wholeCredits(credits),
      cost: { amountMinor, currency },
      expiresAt: null,
      cause: { type: "purchase", id },
      memo: `${credits} credits`,
    }),
  );
  return id;
}
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
        recognised: { usage: 450, expired: 0, withdrawn: 150, refunded: 0, total: 600 },
      },
      {
        currency: "usd",
        credits: { sold: "300", consumed: "100", atEnd: "200" },
        deferred: { atStart: 0, sold: 1_000, consumed: 333, atEnd: 667 },
        recognised: { usage: 333, expired: 0, withdrawn: 0, refunded: 0, total: 333 },
      },
    ]);
  });

  it("of a refund takes what was earned back from revenue, and the rest from what was not", async () => {
    const { db } = stack.database;
    const cid = await walletBook(db, stack.projectId, "cid");
    const purchaseId = await buy(cid, 90, 999n, "eur");
    await use(cid, 60);
    const reverse = (number: number, credits: number) =>
      db.transaction((trx) =>
        reversePurchase(trx, {
          projectId: stack.projectId,
          walletId: cid.walletId,
          purchaseId,
          number,
          amount: wholeCredits(credits),
          because: "refunded",
          memo: null,
        }),
      );
    const euros = async () => {
      const { currencies, debt } = monthReportJson.parse((await read(`month=${month()}`)).json);
      return { ...currencies.find(({ currency }) => currency === "eur"), debt };
    };
    await reverse(1, 90);
    expect(await euros()).toMatchObject({
      credits: { sold: "90", consumed: "60", reversed: "30", atEnd: "0" },
      deferred: { sold: 999, consumed: 666, reversed: 333, atEnd: 0 },
      refunded: 999,
      recognised: { usage: 666, refunded: -666, total: 0 },
      debt: { reversed: "60", atEnd: "60" },
    });
    await buy(cid, 100, 500n, "eur"); // pays the debt: what it costs is earned
    expect(await euros()).toMatchObject({
      deferred: { sold: 1_499, debtRepaid: 300, atEnd: 200 },
      recognised: { usage: 966, refunded: -666, total: 300 },
      debt: { repaid: "62", atEnd: "0" },
    });
    await reverse(2, -90); // the dispute was won
    expect(await euros()).toMatchObject({
      credits: { givenBack: "30", repaymentReturned: "60", atEnd: "130" },
      deferred: { givenBack: 333, repaymentReturned: 300, atEnd: 833 },
      refunded: 0,
      recognised: { usage: 666, refunded: 0, total: 666 },
      debt: { reversed: "60", repaymentReturned: "60", givenBack: "60", atEnd: "0" },
    });
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
      if (part === "recognised" || part === "refunded") continue;
      const account = `${part} ${currency}`;
      const before = sums.get(account) ?? 0;
      if (line === "atEnd") expect([account, Number(credits)]).toEqual([account, before]);
      sums.set(account, before + Number(credits));
    }
    expect([...sums.keys()]).toEqual([
      "outstanding all",
      "outstanding given",
      "outstanding eur",
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

  it("of a month that is over is kept by whoever asks first, and of the month that runs by nobody", async () => {
    const { db } = stack.database;
    const kept = () => db("month_sums").where({ project_id: stack.projectId }).pluck("month");
    const first = await read("month=2025-11");
    await read(`month=${month()}`);
    expect(await kept()).toContain("2025-11-01");
    expect(await kept()).not.toContain(`${month()}-01`);
    await db.transaction(async (trx) => {
      await trx.raw("set local session_replication_role = replica");
      await trx.raw("update transfers set created_at = '2025-11-05' where seq = 1");
    });
    const again = await read("month=2025-11");
    expect(again.json).toEqual(first.json);
    await expect(db("month_sums").update({ sums: "{}" })).rejects.toThrow(/never changed/);
    const early = { project_id: stack.projectId, month: `${month()}-01`, sums: "{}" };
    await expect(db("month_sums").insert(early)).rejects.toThrow(/month_sums_closed/);
  });

  it("is there for every project soon after the month is over, reckoned once", async () => {
    const { ctx } = stack;
    const { signal } = new AbortController();
    await ctx.db.raw("update projects set created_at = created_at - interval '40 days'");
    expect(await keepMonths(ctx, signal)).toBe(1);
    expect(await keepMonths(ctx, signal)).toBe(0);
    const { name } = lastClosedMonth(ctx.clock.nowMs());
    expect((await read(`month=${name}`)).json).toMatchObject({ month: name, closed: true });
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
    expect(lastClosedMonth(end)).toMatchObject({ name: "2024-01", to: february.from });
    expect(lastClosedMonth(end + 10 * 60_000)).toEqual(february);
  });

  it("has a line for everything that changes what customers have", () => {
    const lines = new Set(Object.values(lineOf).filter((line) => line !== null));
    expect(new Set<string>([...linesIn, ...linesOut])).toEqual(new Set<string>(lines));
  });
});
