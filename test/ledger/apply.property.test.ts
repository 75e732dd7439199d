import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { micro } from "../../src/kernel/credits.js";
import type { ApiKeyId, ProjectId, WalletId } from "../../src/kernel/ids.js";
import { checkInvariants } from "../../src/ledger/check-invariants.js";
import { applyMovements } from "../../src/ledger/post-movements.js";
import { insertReversal } from "../../src/ledger/store/reversible.js";
import type { Movement } from "../../src/ledger/decide-all.js";
import { type FreshDatabase, freshDatabase } from "../support/database.js";
import { insertProject } from "../support/ledger.js";
import { naivePeriods } from "./naive-limit.js";
import {
  actsThatLast,
  actsWithReversals,
  commandsOf,
  type Order,
  ordersOf,
  toldBy,
} from "./commands.js";
import { type Limited, NaiveRun } from "./naive-run.js";
import { type Cast, inBatches, limited, newCast, sizes } from "./runs.js";

let fresh: FreshDatabase;
beforeAll(async () => {
  fresh = await freshDatabase();
});
afterAll(() => fresh.drop());

const hour = 3_600_000;
/** The clock is the database's own: what lives 1 or 3 milliseconds may be over or not, and both must be right. */
const lives = [1, 3, hour];
const size = { maxLength: 40, size: "max" } as const;
const commands = fc.array(commandsOf(actsThatLast(lives)), size);
const withReversals = fc.array(commandsOf(actsWithReversals(lives)), size);
const timeLimit = { plugins: [fc.interruptAfterTimeLimit(10_000)] };

async function stage(limits: Limited): Promise<Cast> {
  const { db } = fresh;
  const projectId = await insertProject(db);
  const cast = { ...newCast(), projectId };
  await db("wallets").insert(
    cast.walletIds.map((id, index) => ({
      id,
      project_id: projectId,
      customer_id: `user_${index}`,
      limited: (limits.wallets[index] ?? null) !== null,
    })),
  );
  const keys = cast.keyIds.map((id, index) => ({
    id,
    project_id: projectId,
    name: "key",
    hint: "test",
    hash: randomBytes(32),
    hash_key_id: "test",
    scopes: ["usage:write"],
    ...tokenOf(limits.keys[index] ?? null, cast),
  }));
  const rows = (["wallets", "keys"] as const).flatMap((whose) =>
    limits[whose].flatMap((max, index) => {
      const id = (whose === "wallets" ? cast.walletIds : cast.keyIds)[index];
      const column = whose === "wallets" ? "wallet_id" : "api_key_id";
      return max === null || id === undefined
        ? []
        : [{ project_id: projectId, subject_id: id, [column]: id, ...columnsOf(max, cast) }];
    }),
  );
  await db.transaction(async (trx) => {
    for (const row of keys) await trx("api_keys").insert(row);
    for (const row of rows) await trx("spend_limits").insert(row);
  });
  return cast;
}

type Max = NonNullable<Limited["keys"][number]>;

const digits = (max: bigint | undefined) => max?.toString() ?? null;

const columnsOf = ({ minute, day, month, budget }: Max, { walletIds }: Cast) => ({
  minute_max: digits(minute),
  day_max: digits(day),
  month_max: digits(month),
  call_max: digits(budget?.call),
  total_max: digits(budget?.total),
  only_wallet_id: budget === undefined ? null : walletIds[budget.wallet],
  ends_at: budget?.endsAt ?? null,
});

/** What makes a key an agent's token. */
function tokenOf(max: Max | null, { walletIds }: Cast) {
  if (max === null || max.budget === undefined) return {};
  const { wallet, endsAt } = max.budget;
  return {
    kind: "agent",
    wallet_id: walletIds[wallet],
    tools: ["meter_event"],
    expires_at: endsAt,
  };
}

/** Applies orders in one transaction, and says by which clock. */
async function apply(
  orders: readonly Order[],
  projectId: ProjectId,
): Promise<{ told: readonly string[]; now: Date }> {
  let now = new Date(0);
  const movements = orders.map(
    ({ movement }): Movement => ({
      ...movement,
      decide: (book, asked) => {
        now = asked.now;
        return movement.decide(book, asked);
      },
    }),
  );
  const verdicts = await fresh.db.transaction(async (trx) => {
    for (const reversal of orders.flatMap(({ returned }) => returned?.reversal ?? []))
      await insertReversal(trx, {
        ...reversal,
        projectId,
        amount: micro(reversal.amount),
        because: "told by a test",
      });
    return applyMovements(trx, movements);
  });
  return { told: verdicts.map(toldBy), now };
}

/** What the tables say of a wallet, in the words of the naive ledger. */
async function seen(walletId: string) {
  const wallet = await fresh.db("wallets").where({ id: walletId }).first();
  const lots = await fresh
    .db("lot_balances")
    .where({ wallet_id: walletId })
    .andWhere("remaining", ">", 0);
  const holds = await fresh.db("holds").where({ wallet_id: walletId }).whereNull("ended_at");
  return {
    balances: [wallet.available, wallet.held, wallet.debt],
    lots: Object.fromEntries(lots.map((lot) => [lot.lot_no, lot.remaining])),
    holds: sumsOf(
      holds.map((hold) => [
        hold.purpose === null ? hold.id : `${hold.purchase_id} ${hold.purpose}`,
        BigInt(hold.placed - hold.captured - hold.released),
      ]),
    ),
  };
}

/** Of a purchase several may be set aside against fraud. */
function sumsOf(amounts: readonly (readonly [string, bigint])[]): Record<string, bigint> {
  const sums: Record<string, bigint> = {};
  for (const [name, amount] of amounts) sums[name] = (sums[name] ?? 0n) + amount;
  return sums;
}

interface SpentRow {
  readonly subject_id: string;
  readonly [column: string]: unknown;
}

const spentRows = ({ projectId }: Cast): Promise<readonly SpentRow[]> =>
  fresh.db("spend_limits").where({ project_id: projectId });

async function expectCleanBooks(): Promise<void> {
  const broken = (await checkInvariants(fresh.db)).filter((check) => check.offenders > 0);
  expect(broken).toEqual([]);
}

describe("movements on a real database", () => {
  it("of one writer, in batches of any size, end as the naive ledger does", async () => {
    await fc.assert(
      fc.asyncProperty(withReversals, limited, sizes, async (todo, limits, batchSizes) => {
        const cast = await stage(limits);
        const naive = new NaiveRun(limits);
        for (const orders of inBatches(ordersOf(todo, cast.walletIds, cast.keyIds), batchSizes)) {
          const { told, now } = await apply(orders, cast.projectId);
          expect(told).toEqual(orders.map((order) => naive.tell(order, now)));
        }
        for (const [index, wallet] of naive.wallets.entries()) {
          const { available, held, debt, lots, holds, reserves } = wallet;
          expect(await seen(cast.walletIds[index] ?? "")).toEqual({
            balances: [available, held, debt],
            lots,
            holds: { ...holds, ...reserves },
          });
        }
        for (const row of await spentRows(cast)) {
          const limit =
            naive.walletLimits[cast.walletIds.indexOf(row.subject_id as WalletId)] ??
            naive.keyLimits[cast.keyIds.indexOf(row.subject_id as ApiKeyId)];
          for (const period of naivePeriods)
            expect(row[`${period}_spent`]).toBe(
              limit?.spent(period, row[`${period}_starts_at`] as Date),
            );
          expect(row["total_spent"]).toBe(limit?.budget ? limit.total : 0n);
        }
      }),
      { numRuns: 60, ...timeLimit },
    );
    await expectCleanBooks();
  });

  it("of several writers at once, in batches of any size, end in books that check clean", async () => {
    await fc.assert(
      fc.asyncProperty(commands, limited, sizes, async (todo, limits, batchSizes) => {
        const cast = await stage(limits);
        const batches = [...inBatches(ordersOf(todo, cast.walletIds, cast.keyIds), batchSizes)];
        const writers = [0, 1, 2, 3].map(async (writer) => {
          for (const [index, orders] of batches.entries())
            if (index % 4 === writer) await apply(orders, cast.projectId);
        });
        await Promise.all(writers);
        for (const row of await spentRows(cast))
          for (const period of naivePeriods)
            if (row[`${period}_max`] !== null)
              expect(row[`${period}_spent`]).toBeLessThanOrEqual(Number(row[`${period}_max`]));
      }),
      { numRuns: 60, ...timeLimit },
    );
    await expectCleanBooks();
  });
});
