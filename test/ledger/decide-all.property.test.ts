import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { HoldId, WalletId } from "../../src/kernel/ids.js";
import type { Book, Transfer } from "../../src/ledger/decide.js";
import { balanceChange } from "../../src/ledger/movements.js";
import { NaiveRun } from "./naive-run.js";
import {
  type Batch,
  epochs,
  limited,
  newCast,
  planOf,
  runInBatches,
  seenNaively,
  seenOf,
  sizes,
} from "./runs.js";

const runs = { numRuns: 500 };
const allAtOnce = [1_000];
const oneByOne = [1];

/** Sequences that never meet one of these prove nothing about it. */
const allAnswers = [
  "agent_budget",
  "conflict",
  "debt_limit",
  "done",
  "forbidden",
  "hold_exceeded",
  "hold_limit",
  "hold_not_open",
  "insufficient_credits",
  "key_spend_limit",
  "took n, short n",
  "wallet_frozen",
  "wallet_in_debt",
  "wallet_spend_limit",
];

describe("a batch", () => {
  it("is decided as a ledger does that does one thing at a time and moves one micro-credit at a time", () => {
    const reached = new Set<string>();
    fc.assert(
      fc.property(epochs, limited, sizes, (plan, limits, batchSizes) => {
        const cast = newCast();
        const naive = new NaiveRun(limits);
        runInBatches(planOf(plan, cast), {
          cast,
          limits,
          batchSizes,
          begin: ({ toggleFrozen }) => naive.toggleFrozen(toggleFrozen),
          look: ({ orders, told, state }) => {
            const naively = orders.map((order) => naive.tell(order, state.now));
            expect(told).toEqual(naively);
            for (const answer of told) reached.add(answer.replace(/\d+/g, "n"));
            expect(seenOf(state, cast)).toEqual(seenNaively(naive, state.now));
          },
        });
      }),
      { numRuns: 1_500 }, // every answer has to be reached, also the rarest
    );
    expect([...reached].toSorted()).toEqual(allAnswers);
  }, 60_000);

  it("may be split anywhere: the same answers, the same rows in each wallet, the same end", () => {
    fc.assert(
      fc.property(epochs, limited, sizes, (plan, limits, batchSizes) => {
        const cast = newCast();
        const orders = planOf(plan, cast);
        const [whole, split, single] = [allAtOnce, batchSizes, oneByOne].map((each) =>
          runInBatches(orders, { cast, limits, batchSizes: each }),
        );
        for (const run of [split, single]) {
          expect(run?.told).toEqual(whole?.told);
          expect(byWallet(run?.transfers)).toEqual(byWallet(whole?.transfers));
          expect(run?.state.keyWindows).toEqual(whole?.state.keyWindows);
          expect(run?.state.books).toEqual(whole?.state.books);
        }
      }),
      runs,
    );
  });

  it("may mix wallets that share no key in any way that keeps the order of each", () => {
    fc.assert(
      fc.property(
        epochs,
        limited,
        sizes,
        fc.infiniteStream(fc.nat()),
        (plan, both, batchSizes, dice) => {
          const limits = { ...both, keys: [] };
          const cast = newCast();
          const orders = planOf(plan, cast);
          const mixed = orders.map((epoch) => ({ ...epoch, orders: mix(epoch.orders, dice) }));
          const straight = runInBatches(orders, { cast, limits, batchSizes });
          const other = runInBatches(mixed, { cast, limits, batchSizes });
          expect(byWallet(other.transfers)).toEqual(byWallet(straight.transfers));
          expect(other.state.books).toEqual(straight.state.books);
        },
      ),
      runs,
    );
  });

  it("creates and loses nothing and shows nothing below zero, at any row", () => {
    fc.assert(
      fc.property(epochs, limited, sizes, (plan, limits, batchSizes) => {
        const cast = newCast();
        const { transfers, state } = runInBatches(planOf(plan, cast), { cast, limits, batchSizes });
        for (const [walletId, rows] of byWallet(transfers)) {
          let before = { available: 0n, held: 0n, debt: 0n };
          for (const [index, row] of rows.entries()) {
            const change = balanceChange(row.kind, row.amount);
            const { available, held, debt } = row;
            expect({ available, held, debt }).toEqual({
              available: before.available + change.available,
              held: before.held + change.held,
              debt: before.debt + change.debt,
            });
            expect([row.amount > 0n, available >= 0n, held >= 0n, debt >= 0n]).not.toContain(false);
            expect(row.seq).toBe(BigInt(index + 1));
            before = { available, held, debt };
          }
          expect(state.books.get(walletId)).toMatchObject(before);
        }
      }),
      runs,
    );
  });

  it("ends each hold once, with nothing captured or released that it did not place, lot by lot", () => {
    fc.assert(
      fc.property(epochs, limited, sizes, (plan, limits, batchSizes) => {
        const cast = newCast();
        const left = new Map<HoldId, Map<number, bigint>>();
        const ended = new Set<HoldId>();
        const look = ({ postings, state }: Batch) => {
          for (const row of postings.flatMap((posting) => posting.transfers))
            tally(row, left, ended);
          for (const book of state.books.values()) expectHeldByHolds(book, left);
        };
        runInBatches(planOf(plan, cast), { cast, limits, batchSizes, look });
      }),
      runs,
    );
  });
});

/** What a wallet holds is what its open holds and reserves have left, in each lot. */
function expectHeldByHolds(book: Book, left: ReadonlyMap<HoldId, Map<number, bigint>>): void {
  const taken = new Map<number, bigint>();
  for (const [id, { slices }] of book.holds) {
    expect(new Map(slices.map(({ lotNo, amount }) => [lotNo, amount]))).toEqual(left.get(id));
    for (const { lotNo, amount } of slices) taken.set(lotNo, (taken.get(lotNo) ?? 0n) + amount);
  }
  for (const { lotNo, reserves } of book.reversible?.purchases.values() ?? [])
    for (const { amount } of reserves) taken.set(lotNo, (taken.get(lotNo) ?? 0n) + amount);
  for (const lot of book.lots) expect(lot.held).toBe(taken.get(lot.lotNo) ?? 0n);
}

function tally(
  { holdId, kind, lotNo, amount }: Transfer,
  left: Map<HoldId, Map<number, bigint>>,
  ended: Set<HoldId>,
): void {
  if (holdId === null || lotNo === null) return;
  expect(ended.has(holdId)).toBe(false);
  const lots = left.get(holdId) ?? new Map<number, bigint>();
  const now = (lots.get(lotNo) ?? 0n) + (kind === "hold" ? amount : -amount);
  expect(now).toBeGreaterThanOrEqual(0n);
  if (now === 0n) lots.delete(lotNo);
  else lots.set(lotNo, now);
  left.set(holdId, lots);
  if (lots.size === 0) ended.add(holdId);
}

function byWallet(transfers: readonly Transfer[] = []): ReadonlyMap<WalletId, Transfer[]> {
  return grouped(transfers, (transfer) => transfer.walletId);
}

/** Another order of the same things that keeps the order within each wallet. */
function mix<T extends { readonly wallet: number }>(
  orders: readonly T[],
  dice: Iterator<number>,
): readonly T[] {
  const queues = [...grouped(orders, (order) => order.wallet).values()];
  const mixed: T[] = [];
  while (mixed.length < orders.length) {
    const waiting = queues.filter((queue) => queue.length > 0);
    const chosen = waiting[Number(dice.next().value) % waiting.length]?.shift();
    if (chosen !== undefined) mixed.push(chosen);
  }
  return mixed;
}

function grouped<T, K>(things: readonly T[], keyOf: (thing: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const thing of things) {
    const key = keyOf(thing);
    groups.set(key, [...(groups.get(key) ?? []), thing]);
  }
  return groups;
}
