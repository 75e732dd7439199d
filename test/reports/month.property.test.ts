import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { micro } from "../../src/kernel/credits.js";
import type { ProjectId } from "../../src/kernel/ids.js";
import { approvedOrThrow } from "../../src/kernel/verdict.js";
import { applyMovements } from "../../src/ledger/post-movements.js";
import { readFlows } from "../../src/ledger/read-flows.js";
import { insertReversal } from "../../src/ledger/store/reversible.js";
import { type Month, monthOf } from "../../src/reports/month.js";
import { packSums, unpackSums } from "../../src/reports/pack-sums.js";
import { composeReport, type MonthReport } from "../../src/reports/rules.js";
import { actsThatLast, type Command, commandsOf, ordersOf } from "../ledger/commands.js";
import { newCast } from "../ledger/runs.js";
import { type FreshDatabase, freshDatabase } from "../support/database.js";
import { insertProject } from "../support/ledger.js";
import {
  naiveDebt,
  type NaiveLot,
  naiveMonth,
  naiveRefunds,
  type NaiveReversal,
  type NaiveTransfer,
} from "./naive-month.js";

let fresh: FreshDatabase;
beforeAll(async () => {
  fresh = await freshDatabase();
});
afterAll(() => fresh.drop());

const timeoutMs = 20_000;
const hour = 3_600_000;
const commands = fc.array(commandsOf(actsThatLast([1, hour])), {
  minLength: 5,
  maxLength: 60,
  size: "max",
});
const prices = fc.array(
  fc.option(
    fc.record({
      minor: fc.bigInt({ min: 0n, max: 999n }),
      currency: fc.constantFrom("usd", "jpy"),
    }),
  ),
  { minLength: 1, maxLength: 5 },
);
/** How far apart the transfers of a wallet are: a history of 60 lines takes a few days or some years. */
const apart = fc.integer({ min: 1, max: 20 });

const nowMs = Date.UTC(2032, 0, 1);
const months = Array.from({ length: 14 }, (_, index): Month => {
  const at = new Date(Date.UTC(2030, index));
  return approvedOrThrow(monthOf(at.toISOString().slice(0, 7), nowMs));
});

/** Lives a history, then spreads it over months and says what its lots cost, which no rule of the ledger looks at. */
async function live(
  todo: readonly Command[],
  costs: readonly ({ readonly minor: bigint; readonly currency: string } | null)[],
  days: number,
): Promise<ProjectId> {
  const { db } = fresh;
  const projectId = await insertProject(db);
  const cast = { ...newCast(), projectId };
  await db("wallets").insert(
    cast.walletIds.map((id) => ({ id, project_id: projectId, customer_id: id })),
  );
  for (const { movement, returned } of ordersOf(todo, cast.walletIds, []))
    await db.transaction(async (trx) => {
      const reversal = returned?.reversal ?? null;
      if (reversal !== null) {
        const amount = micro(reversal.amount);
        await insertReversal(trx, { ...reversal, projectId, amount, because: "told by a test" });
      }
      return applyMovements(trx, [movement]);
    });
  await db.transaction(async (trx) => {
    await trx.raw("set local session_replication_role = replica");
    await trx.raw(
      "update transfers set created_at = '2030-01-15'::timestamptz + make_interval(days => seq::int * ?) where project_id = ?",
      [days, projectId],
    );
    for (const [index, cost] of costs.entries())
      await trx("lots")
        .where({ project_id: projectId, source: "purchase" })
        .whereRaw("lot_no % ? = ?", [costs.length, index])
        .update({ cost_minor: cost?.minor ?? null, currency: cost?.currency ?? null });
  });
  return projectId;
}

const reportOf = async (projectId: ProjectId, month: Month): Promise<MonthReport> =>
  composeReport(month, await readFlows(fresh.db, projectId, { ...month, timeoutMs }), nowMs);

describe("any history, cut into months,", () => {
  it("has in each what reckoning it transfer by transfer finds, and the next begins where one ends", async () => {
    await fc.assert(
      fc.asyncProperty(commands, prices, apart, async (todo, costs, days) => {
        const projectId = await live(todo, costs, days);
        const past: [NaiveTransfer[], NaiveLot[], NaiveReversal[]] = await Promise.all([
          fresh.db("transfers").where({ project_id: projectId }),
          fresh.db("lots").where({ project_id: projectId }),
          fresh.db("reversals").where({ project_id: projectId }),
        ]);
        const [transfers, lots, reversals] = past;
        let before: MonthReport | undefined;
        for (const month of months) {
          const flows = await readFlows(fresh.db, projectId, { ...month, timeoutMs });
          const expected = naiveMonth(transfers, lots, month);
          for (const { currency, start, moved, end } of flows.lots) {
            const found = Object.fromEntries([["start", start], ...moved, ["end", end]]);
            const sums = expected[currency ?? "given"] ?? {};
            for (const [name, sum] of Object.entries(found))
              expect([name, sum]).toEqual([name, sums[name] ?? { credits: 0n, costMinor: 0n }]);
          }
          // What is not in it had nothing and moved nothing.
          const seen = flows.lots.map(({ currency }) => currency ?? "given");
          for (const [currency, sums] of Object.entries(expected))
            if (!seen.includes(currency))
              expect(Object.values(sums).every(({ credits }) => credits === 0n)).toBe(true);
          expect(flows.debt.start).toBe(naiveDebt(transfers, month.from));
          expect(unpackSums(JSON.parse(packSums(flows)))).toEqual(flows);
          const report = composeReport(month, flows, nowMs);
          const refunds = naiveRefunds(transfers, lots, reversals, month);
          for (const { currency, refunded } of report.currencies)
            expect([currency, refunded]).toEqual([currency, refunds[currency] ?? 0n]);
          expect(report.debt.end).toBe(naiveDebt(transfers, month.to));
          expectChained(before, report);
          before = report;
        }
      }),
      { numRuns: 25, plugins: [fc.interruptAfterTimeLimit(20_000)] },
    );
  });

  it("earns of a currency in all its months what was paid, less what went back and what is left", async () => {
    await fc.assert(
      fc.asyncProperty(commands, prices, apart, async (todo, costs, days) => {
        const projectId = await live(todo, costs, days);
        const sums = new Map<string, { paid: bigint; earned: bigint; left: bigint }>();
        for (const month of months)
          for (const each of (await reportOf(projectId, month)).currencies) {
            const { paid, earned } = sums.get(each.currency) ?? { paid: 0n, earned: 0n };
            sums.set(each.currency, {
              paid: paid + each.deferred.sold - each.refunded,
              earned: earned + each.recognised.total,
              left: each.deferred.end,
            });
          }
        for (const { paid, earned, left } of sums.values()) expect(earned + left).toBe(paid);
      }),
      { numRuns: 10, plugins: [fc.interruptAfterTimeLimit(15_000)] },
    );
  });
});

function expectChained(before: MonthReport | undefined, report: MonthReport): void {
  if (before === undefined) return;
  expect(report.credits.start).toBe(before.credits.end);
  expect(report.given.start).toBe(before.given.end);
  expect(report.debt.start).toBe(before.debt.end);
  const ends = new Map(before.currencies.map((each) => [each.currency, each]));
  for (const { currency, credits, deferred } of report.currencies) {
    expect(credits.start).toBe(ends.get(currency)?.credits.end ?? 0n);
    expect(deferred.start).toBe(ends.get(currency)?.deferred.end ?? 0n);
  }
  const starts = new Set(report.currencies.map(({ currency }) => currency));
  for (const { currency, credits, deferred } of before.currencies)
    if (!starts.has(currency)) expect([credits.end, deferred.end]).toEqual([0n, 0n]);
}
