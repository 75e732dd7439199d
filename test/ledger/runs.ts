import fc from "fast-check";
import { micro, zeroCredits } from "../../src/kernel/credits.js";
import { type ApiKeyId, newId, type ProjectId, type WalletId } from "../../src/kernel/ids.js";
import type { Book, Posting, Transfer } from "../../src/ledger/decide.js";
import { decideAll, type LedgerState } from "../../src/ledger/decide-all.js";
import type { Budget } from "../../src/ledger/decide-budget.js";
import { type SpendWindows, spentNow } from "../../src/ledger/decide-limits.js";
import {
  actsWithReversals,
  type Command,
  commandsOf,
  keysMax,
  type Order,
  ordersOf,
  toldBy,
  walletsMax,
} from "./commands.js";
import { naivePeriods } from "./naive-limit.js";
import type { Limited, Maxima, NaiveRun } from "./naive-run.js";

/** Some time without a tick of the clock, and what is asked in it. */
export interface Epoch {
  readonly advanceMs: number;
  /** The wallet that is frozen, or unfrozen if it was, when it begins. */
  readonly toggleFrozen: number | null;
  readonly commands: readonly Command[];
}

const second = 1_000;
const day = 86_400 * second;
/** Shortly before a minute, a day and a month end at once. */
const startsAt = new Date("2030-01-31T23:59:30.000Z");
const inMs = (ms: number) => new Date(startsAt.getTime() + ms);
const maxima: fc.Arbitrary<Maxima | null> = fc.option(
  fc.record(
    {
      minute: fc.bigInt({ min: 0n, max: 80n }),
      day: fc.bigInt({ min: 0n, max: 150n }),
      month: fc.bigInt({ min: 0n, max: 250n }),
    },
    { requiredKeys: [] },
  ),
  { nil: null },
);
const tokens: fc.Arbitrary<Maxima | null> = fc.record(
  {
    day: fc.bigInt({ min: 0n, max: 150n }),
    budget: fc.record(
      {
        wallet: fc.nat({ max: walletsMax - 1 }),
        call: fc.bigInt({ min: 0n, max: 60n }),
        total: fc.bigInt({ min: 0n, max: 200n }),
        endsAt: fc.constantFrom(second, 7_300 * second, 400 * day).map(inMs),
      },
      { requiredKeys: ["wallet", "endsAt"] },
    ),
  },
  { requiredKeys: ["budget"] },
);
const several = <T>(each: fc.Arbitrary<T>, length: number) =>
  fc.array(each, { minLength: length, maxLength: length });

export const limited: fc.Arbitrary<Limited> = fc.record({
  wallets: several(maxima, walletsMax),
  keys: several(
    fc.oneof({ weight: 2, arbitrary: maxima }, { weight: 1, arbitrary: tokens }),
    keysMax,
  ),
});

const command = commandsOf(actsWithReversals([10 * second, 90 * second, 3_600 * second, 2 * day]));

/** Long ones too: a wallet needs a history before it has several holds, or credits that expire under one. */
export const epochs: fc.Arbitrary<readonly Epoch[]> = fc.array(
  fc.record({
    advanceMs: fc.constantFrom(0, second, 20 * second, 61 * second, 7_200 * second, day, 31 * day),
    toggleFrozen: fc.option(fc.nat({ max: walletsMax - 1 }), { nil: null, freq: 8 }),
    commands: fc.oneof(
      fc.array(command, { maxLength: 4 }),
      fc.array(command, { minLength: 10, maxLength: 30 }),
    ),
  }),
  { maxLength: 6, size: "max" },
);

/** The sizes of batches, used round and round. */
export const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 });

export interface Cast {
  readonly projectId: ProjectId;
  readonly walletIds: readonly WalletId[];
  readonly keyIds: readonly ApiKeyId[];
}

export const newCast = (): Cast => ({
  projectId: newId("project"),
  walletIds: Array.from({ length: walletsMax }, () => newId("wallet")),
  keyIds: Array.from({ length: keysMax }, () => newId("apiKey")),
});

export type Plan = readonly (Epoch & { readonly orders: readonly Order[] })[];

/** Gives the commands of all epochs their ids; a hold may be captured in a later epoch. */
export function planOf(plan: readonly Epoch[], { walletIds, keyIds }: Cast): Plan {
  const orders = ordersOf(
    plan.flatMap((epoch) => epoch.commands),
    walletIds,
    keyIds,
  );
  let at = 0;
  return plan.map((epoch) => {
    const from = at;
    at += epoch.commands.length;
    return { ...epoch, orders: orders.slice(from, at) };
  });
}

export function* inBatches(
  orders: readonly Order[],
  batchSizes: readonly number[],
): Generator<readonly Order[]> {
  let at = 0;
  for (let turn = 0; at < orders.length; turn++) {
    const size = batchSizes[turn % batchSizes.length] ?? 1;
    yield orders.slice(at, at + size);
    at += size;
  }
}

export interface Batch {
  readonly orders: readonly Order[];
  readonly told: readonly string[];
  readonly postings: readonly Posting[];
  readonly state: LedgerState;
}

interface Setting {
  readonly cast: Cast;
  readonly limits: Limited;
  readonly batchSizes: readonly number[];
  readonly begin?: (epoch: Epoch) => void;
  readonly look?: (batch: Batch) => void;
}

/** Decides a plan batch by batch, carrying the state over. */
export function runInBatches(
  plan: Plan,
  { cast, limits, batchSizes, begin, look }: Setting,
): { told: readonly string[]; transfers: readonly Transfer[]; state: LedgerState } {
  let state = emptyState(cast, limits);
  const told: string[] = [];
  const transfers: Transfer[] = [];
  for (const epoch of plan) {
    state = beginEpoch(state, epoch, cast);
    begin?.(epoch);
    for (const orders of inBatches(epoch.orders, batchSizes)) {
      const decided = decideAll(
        state,
        orders.map((order) => order.movement),
      );
      state = decided.after;
      const answers = decided.verdicts.map(toldBy);
      told.push(...answers);
      transfers.push(...decided.postings.flatMap((posting) => posting.transfers));
      look?.({ orders, told: answers, postings: decided.postings, state });
    }
  }
  return { told, transfers, state };
}

function beginEpoch(
  state: LedgerState,
  { advanceMs, toggleFrozen }: Epoch,
  { walletIds }: Cast,
): LedgerState {
  const toggled = toggleFrozen === null ? undefined : walletIds[toggleFrozen];
  const books = [...state.books.values()].map((book): [WalletId, Book] => [
    book.walletId,
    book.walletId === toggled ? { ...book, frozen: !book.frozen } : book,
  ]);
  return { ...state, books: new Map(books), now: new Date(state.now.getTime() + advanceMs) };
}

function emptyState({ projectId, walletIds, keyIds }: Cast, limits: Limited): LedgerState {
  const nothing = { available: zeroCredits, held: zeroCredits, debt: zeroCredits, seq: 0n };
  const books = walletIds.map((walletId, index): [WalletId, Book] => [
    walletId,
    {
      ...nothing,
      walletId,
      projectId,
      lots: [],
      frozen: false,
      holds: new Map(),
      reversible: { purchases: new Map(), repaid: [], lots: new Map() },
      counts: { lotNoLast: 0, openHolds: 0 },
      windows: windowsOf(limits.wallets[index], walletIds),
    },
  ]);
  const keys = keyIds.flatMap((id, index): [ApiKeyId, SpendWindows][] => {
    const windows = windowsOf(limits.keys[index], walletIds);
    return windows === null ? [] : [[id, windows]];
  });
  return { books: new Map(books), keyWindows: new Map(keys), now: startsAt };
}

function windowsOf(
  max: Maxima | null | undefined,
  walletIds: readonly WalletId[],
): SpendWindows | null {
  if (max === null || max === undefined) return null;
  const window = (each: bigint | undefined) => ({
    max: each === undefined ? null : micro(each),
    spent: zeroCredits,
    startsAt: new Date(0),
  });
  return {
    minute: window(max.minute),
    day: window(max.day),
    month: window(max.month),
    budget: budgetOf(max, walletIds),
  };
}

function budgetOf({ budget }: Maxima, walletIds: readonly WalletId[]): Budget | null {
  const walletId = budget === undefined ? undefined : walletIds[budget.wallet];
  if (budget === undefined || walletId === undefined) return null;
  const { call, total, endsAt } = budget;
  const most = (max: bigint | undefined) => (max === undefined ? null : micro(max));
  return { walletId, callMax: most(call), totalMax: most(total), totalSpent: zeroCredits, endsAt };
}

/** All that can be seen of a state, in the words of both ledgers. */
export function seenOf(state: LedgerState, { walletIds, keyIds }: Cast) {
  const spent = (windows: SpendWindows | null | undefined) =>
    windows === null || windows === undefined
      ? null
      : {
          periods: naivePeriods.map((period) => spentNow(period, windows[period], state.now)),
          total: windows.budget?.totalSpent ?? null,
        };
  return {
    wallets: walletIds.map((id) => {
      const book = state.books.get(id);
      if (book === undefined) throw new Error("a wallet is gone");
      return {
        available: book.available,
        held: book.held,
        debt: book.debt,
        lots: Object.fromEntries(book.lots.map((lot) => [lot.lotNo, lot.remaining])),
        holds: Object.fromEntries(
          [...book.holds].map(([holdId, { slices }]) => [
            holdId,
            slices.reduce((sum, { amount }) => sum + amount, 0n),
          ]),
        ),
        spent: spent(book.windows),
      };
    }),
    keys: keyIds.map((id) => spent(state.keyWindows.get(id))),
  };
}

export function seenNaively(run: NaiveRun, now: Date): ReturnType<typeof seenOf> {
  const spent = (limit: (typeof run.keyLimits)[number] | undefined) =>
    limit === null || limit === undefined
      ? null
      : {
          periods: naivePeriods.map((period) => micro(limit.spent(period, now))),
          total: limit.budget === null ? null : micro(limit.total),
        };
  return {
    wallets: run.wallets.map((wallet, index) => ({
      available: micro(wallet.available),
      held: micro(wallet.held),
      debt: micro(wallet.debt),
      lots: Object.fromEntries(
        Object.entries(wallet.lots).map(([lotNo, left]) => [lotNo, micro(left)]),
      ),
      holds: wallet.holds,
      spent: spent(run.walletLimits[index]),
    })),
    keys: run.keyLimits.map(spent),
  };
}
