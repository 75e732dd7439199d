import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { micro } from "../../src/kernel/credits.js";
import type { ProjectId } from "../../src/kernel/ids.js";
import { brokenOf, checkInvariants, examplesMax } from "../../src/ledger/check-invariants.js";
import { postMovements } from "../../src/ledger/post-movements.js";
import type { Trx } from "../../src/platform/db/connect.js";
import { type FreshDatabase, freshDatabase } from "../support/database.js";
import { insertProject, walletBook } from "../support/ledger.js";
import { type Act, ordersOf } from "./commands.js";
import { damaged, namesOf } from "./damaged.js";
import { reversalDamages } from "./reversal-damages.js";
import { soldWallet } from "./sold.js";
import { damages } from "./damages.js";

let fresh: FreshDatabase;
let projectId: ProjectId;
let first: string;
let second: string;
let third: string;
let fourth: string;
let fifth: string;
beforeAll(async () => {
  fresh = await freshDatabase();
  projectId = await insertProject(fresh.db);
  const one = await walletBook(fresh.db, projectId, "first");
  const two = await walletBook(fresh.db, projectId, "second");
  await one.give(20);
  await one.give(20);
  await one.take(30);
  await one.give(5);
  await two.give(10);
  first = one.walletId;
  second = two.walletId;
  third = await walletWithHolds();
  fourth = await walletWithHead();
  fifth = await walletWithReversals();
});
afterAll(() => fresh.drop());

/**
 * Of the purchase in lot 1, 30 were taken back, 25 of them owed; lots 2 and 3 paid 20 and 5 of these, and 10 were given
 * back. Of the purchase in lot 2, 10 were taken back and given back.
 */
async function walletWithReversals(): Promise<string> {
  const { walletId, buy, spend, takeBack, giveBack } = await soldWallet(
    fresh.db,
    projectId,
    "fifth",
  );
  const one = await buy(30n);
  await spend(25n);
  await takeBack(one, 30n);
  const two = await buy(20n);
  await buy(15n);
  await spend(8n);
  await giveBack(one, 10n);
  await takeBack(two, 10n);
  await giveBack(two, 10n);
  return walletId;
}

async function walletWithHead(): Promise<string> {
  const { walletId, give } = await walletBook(fresh.db, projectId, "fourth");
  await give(10);
  const spends = [3n, 2n].map((amount) => ({
    type: "spend" as const,
    amount: micro(amount),
    policy: { policy: "reject" as const },
  }));
  for (const act of spends) {
    const [order] = ordersOf([{ wallet: 0, key: null, act }], [walletId], []);
    await fresh.db.transaction((trx) => postMovements(trx, order ? [order.movement] : []));
  }
  return walletId;
}

async function walletWithHolds(): Promise<string> {
  const { walletId } = await walletBook(fresh.db, projectId, "third");
  const give = (amount: bigint): Act => ({
    type: "grant",
    amount: micro(amount),
    bought: false,
    lifeMs: null,
  });
  const hold = (amount: bigint): Act => ({
    type: "hold",
    amount: micro(amount),
    lifeMs: 3_600_000,
    overCapture: "reject",
  });
  const capture = (pick: number): Act => ({
    type: "capture",
    pick,
    amount: micro(3n),
    close: false,
    byUsage: true,
  });
  const spend = (amount: bigint): Act => ({
    type: "spend",
    amount: micro(amount),
    policy: { policy: "debt", limit: micro(2n) },
  });
  const holdAndRelease = [hold(5n), { type: "release", pick: 0 }] as const;
  const holdTwo = [hold(10n), hold(10n), capture(0), capture(1)];
  const acts: Act[] = [
    give(5n),
    ...holdAndRelease,
    spend(5n),
    give(10n),
    give(10n),
    ...holdTwo,
    spend(2n),
  ];
  const commands = acts.map((act) => ({ wallet: 0, key: null, act }));
  const orders = ordersOf(commands, [walletId], []);
  await fresh.db.transaction((trx) =>
    postMovements(
      trx,
      orders.map((order) => order.movement),
    ),
  );
  return walletId;
}

const damagedBooks = <T>(sql: string, look: (trx: Trx) => Promise<T>) =>
  damaged({ db: fresh.db, sql, bindings: { first, second, third, fourth, fifth } }, look);
const longAgo = new Date(0);

describe("the invariants of the ledger", () => {
  it("find nothing in books that nobody damaged, all of them or what changed", async () => {
    expect(brokenOf(await checkInvariants(fresh.db))).toEqual([]);
    expect(brokenOf(await checkInvariants(fresh.db, { since: longAgo }))).toEqual([]);
    const [{ now }] = (await fresh.db.raw("select clock_timestamp() as now")).rows;
    expect(brokenOf(await checkInvariants(fresh.db, { since: now }))).toEqual([]);
    expect(brokenOf(await checkInvariants(fresh.db, { projectId }))).toEqual([]);
  });

  it.each([...damages, ...reversalDamages])("find that $what", async ({ sql, foundBy }) => {
    await damagedBooks(sql, async (trx) => {
      expect(namesOf(await checkInvariants(trx))).toEqual(foundBy);
      expect(namesOf(await checkInvariants(trx, { since: longAgo }))).toEqual(foundBy);
    });
  });

  it("name the project, the wallet and what is wrong, and count offenders one by one", async () => {
    await damagedBooks("update wallets set seq = seq + 1", async (trx) => {
      const checked = await checkInvariants(trx, { projectId });
      const found = checked.find(({ name }) => name === "wallet_equals_transfers");
      expect(found?.offenders).toBe(5);
      expect(found?.examples.find(({ walletId }) => walletId === second)).toEqual({
        projectId,
        walletId: second,
        id: "2",
        wrong:
          "10000000 available, 0 held, 0 owed after 2 transfers; they say 10000000, 0, 0 after 1",
      });
    });
  });

  it("say nothing about another project than the one asked about", async () => {
    const other = await insertProject(fresh.db);
    await damagedBooks(
      "update wallets set available = available + 1 where id = :second",
      async (trx) => {
        expect(namesOf(await checkInvariants(trx, { projectId: other }))).toEqual([]);
        expect(namesOf(await checkInvariants(trx, { projectId: other, since: longAgo }))).toEqual(
          [],
        );
        expect(namesOf(await checkInvariants(trx, { projectId, since: longAgo }))).toHaveLength(3);
      },
    );
  });

  it("answer with a bounded number of examples, however many offend", async () => {
    const sql = `insert into holds (project_id, wallet_id, id, amount, over_capture, rate_card_version, expires_at)
      select project_id, id, gen_random_uuid(), 5, 'reject', 1, now() from wallets, generate_series(1, 500) where id = :second`;
    await damagedBooks(sql, async (trx) => {
      const [found] = brokenOf(await checkInvariants(trx));
      expect(found?.offenders).toBe(500);
      expect(found?.examples).toHaveLength(examplesMax);
    });
  });

  it("start with the balances before what changed, and do not read the past again", async () => {
    const past = `update transfers set available_after = available_after + 1, created_at = now() - interval '1 hour'
      where wallet_id = :first and seq = 1`;
    await damagedBooks(past, async (trx) => {
      const since = new Date(Date.now() - 1_800_000);
      expect(namesOf(await checkInvariants(trx))).toEqual(["balances_chain"]);
      // The second row no more continues the first, as it is now.
      const lately = brokenOf(await checkInvariants(trx, { since }));
      expect(lately.flatMap(({ examples }) => examples.map(({ id }) => id))).toContain("2");
      await trx.raw(
        "update transfers set created_at = now() - interval '1 hour' where wallet_id = ?",
        [first],
      );
      expect(namesOf(await checkInvariants(trx, { since }))).toEqual([]);
    });
  });
});
