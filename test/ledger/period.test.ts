import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Credits, sumCredits } from "../../src/kernel/credits.js";
import type { ProjectId } from "../../src/kernel/ids.js";
import { totalBalance } from "../../src/ledger/movements.js";
import { type PeriodStatement, readPeriod } from "../../src/ledger/read-period.js";
import type { StatementLine } from "../../src/ledger/read-statement.js";
import { readWallet, type Wallet } from "../../src/ledger/read-wallet.js";
import { type FreshDatabase, freshDatabase } from "../support/database.js";
import { insertProject } from "../support/ledger.js";
import { growLedger } from "./grown-ledger.js";

const lines = 907;
let fresh: FreshDatabase;
let projectId: ProjectId;
let wallet: Wallet;

const startMs = Date.UTC(2026, 0, 1);

beforeAll(async () => {
  fresh = await freshDatabase();
  projectId = await insertProject(fresh.db);
  await growLedger(fresh.db, { projectId, wallets: 2, transfersPerWallet: lines });
  // Three lines share each second, so that a boundary falls between equal times, too.
  await fresh.db.transaction(async (trx) => {
    await trx.raw("set local session_replication_role = replica");
    await trx.raw(
      "update transfers set created_at = to_timestamp(?) + make_interval(secs => seq / 3)",
      [startMs / 1_000],
    );
  });
  wallet = (await readWallet(fresh.db, projectId, "grown_1")) as Wallet;
});
afterAll(() => fresh.drop());

async function linesOf(statement: PeriodStatement): Promise<readonly StatementLine[]> {
  const all: StatementLine[] = [];
  for await (const page of statement.pages()) all.push(...page);
  return all;
}

const second = fc.integer({ min: -2, max: Math.ceil(lines / 3) + 3 });
const at = (seconds: number | null) =>
  seconds === null ? undefined : new Date(startMs + seconds * 1_000);

describe("the statement of a period", () => {
  it("has exactly the lines of it, in order, and adds up", async () => {
    const bounds = fc.tuple(fc.option(second), fc.option(second));
    await fc.assert(
      fc.asyncProperty(bounds, async ([one, other]) => {
        const [from, to] =
          one !== null && other !== null
            ? [Math.min(one, other), Math.max(one, other) + 1]
            : [one, other];
        const statement = await readPeriod(fresh.db, wallet, { from: at(from), to: at(to) });
        const found = await linesOf(statement);
        const within = (seq: number) =>
          Math.floor(seq / 3) >= (from ?? -9) && Math.floor(seq / 3) < (to ?? 9_999);
        const expected = Array.from({ length: lines }, (_, index) => index + 1).filter(within);
        expect(found.map(({ seq }) => Number(seq))).toEqual(expected);
        expect(statement.lines).toBe(expected.length);
        const change = sumCredits(found.map((line) => line.change));
        expect(totalBalance(statement.opening) + change).toBe(totalBalance(statement.closing));
      }),
      { numRuns: 40 },
    );
  });

  it("ends where the next one begins, wherever a history is cut", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(second, { minLength: 1, maxLength: 12 }), async (cuts) => {
        const edges = [undefined, ...cuts.toSorted((a, b) => a - b).map(at), undefined];
        let seq = 0n;
        let total = 0n as Credits;
        for (const [index, to] of edges.slice(1).entries()) {
          const part = await readPeriod(fresh.db, wallet, { from: edges[index], to });
          expect(totalBalance(part.opening)).toBe(total);
          for (const line of await linesOf(part)) expect(line.seq).toBe((seq += 1n));
          total = totalBalance(part.closing);
        }
        expect(seq).toBe(wallet.seq);
        expect(total).toBe(totalBalance(wallet));
      }),
      { numRuns: 15 },
    );
  });

  it("reads no further than it is taken", async () => {
    const statement = await readPeriod(fresh.db, wallet, { from: undefined, to: undefined });
    let reads = 0;
    const count = () => void reads++;
    fresh.db.on("query", count);
    for await (const page of statement.pages()) {
      expect(page.length).toBeLessThan(lines);
      break;
    }
    fresh.db.off("query", count);
    expect(reads).toBe(1);
  });

  it("is not told to its end when a line does not continue the one before it", async () => {
    const other = (await readWallet(fresh.db, projectId, "grown_2")) as Wallet;
    await fresh.db.transaction(async (trx) => {
      await trx.raw("set local session_replication_role = replica");
      await trx("transfers").where({ wallet_id: other.id, seq: 700 }).increment("amount", 1);
    });
    const statement = await readPeriod(fresh.db, other, { from: undefined, to: undefined });
    await expect(linesOf(statement)).rejects.toThrow("each line continues the one before it");
  });
});
