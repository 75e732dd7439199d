import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { micro } from "../../src/kernel/credits.js";
import type { ProjectId } from "../../src/kernel/ids.js";
import { checkBooks } from "../../src/ledger/check-books.js";
import { postMovements } from "../../src/ledger/post-movements.js";
import { type FreshDatabase, freshDatabase } from "../support/database.js";
import { insertProject, walletBook } from "../support/ledger.js";
import { type Act, ordersOf } from "./commands.js";
import { damages } from "./damages.js";

let fresh: FreshDatabase;
let first: string;
let second: string;
let third: string;
let fourth: string;
beforeAll(async () => {
  fresh = await freshDatabase();
  const projectId = await insertProject(fresh.db);
  const one = await walletBook(fresh.db, projectId, "first");
  const two = await walletBook(fresh.db, projectId, "second");
  await one.give(20);
  await one.give(20);
  await one.take(30);
  await one.give(5);
  await two.give(10);
  first = one.walletId;
  second = two.walletId;
  third = await walletWithHolds(projectId);
  fourth = await walletWithHead(projectId);
});
afterAll(() => fresh.drop());

async function walletWithHead(projectId: ProjectId): Promise<string> {
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

async function walletWithHolds(projectId: ProjectId): Promise<string> {
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

/** The rules that find the damage. It is done with the triggers off, as only the owner of the server can, and undone. */
async function findersOf(sql: string): Promise<readonly string[]> {
  const trx = await fresh.db.transaction();
  try {
    await trx.raw("set local session_replication_role = replica");
    for (const statement of sql.split(";")) {
      const bindings = { first, second, third, fourth };
      const named = Object.entries(bindings).filter(([name]) => statement.includes(`:${name}`));
      const { rowCount } = await trx.raw(statement, Object.fromEntries(named));
      expect(rowCount).toBeGreaterThan(0);
    }
    const checks = await checkBooks(trx);
    return checks.filter((check) => check.offenders > 0).map((check) => check.name);
  } finally {
    await trx.rollback();
  }
}

describe("the check of the books", () => {
  it("finds nothing in books that nobody damaged", async () => {
    const checks = await checkBooks(fresh.db);
    expect(checks.filter((check) => check.offenders > 0)).toEqual([]);
  });

  it.each(damages)("finds that $what", async ({ sql, foundBy }) => {
    expect(await findersOf(sql)).toEqual(foundBy);
  });

  it("has no rule without a damage that it must find", async () => {
    const names = (await checkBooks(fresh.db)).map((check) => check.name);
    const needed = new Set(damages.flatMap((damage) => damage.foundBy));
    expect(names.filter((name) => !needed.has(name))).toEqual([]);
  });

  it("counts offenders one by one", async () => {
    const trx = await fresh.db.transaction();
    await trx.raw("set local session_replication_role = replica");
    await trx.raw("update wallets set seq = seq + 1");
    const checks = await checkBooks(trx);
    await trx.rollback();
    expect(checks.find((check) => check.name === "wallet_equals_transfers")?.offenders).toBe(4);
  });
});
