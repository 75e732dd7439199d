import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { micro } from "../../src/kernel/credits.js";
import { newId, type ProjectId, type WalletId } from "../../src/kernel/ids.js";
import { decideGrant } from "../../src/ledger/decide-grant.js";
import { decideWithdrawal } from "../../src/ledger/decide-withdrawal.js";
import type { Movement } from "../../src/ledger/decide-all.js";
import { postMovements } from "../../src/ledger/post-movements.js";
import { readStatement } from "../../src/ledger/read-statement.js";
import { readWallet } from "../../src/ledger/read-wallet.js";
import type { Database, Trx } from "../../src/platform/db/connect.js";
import { type FreshDatabase, freshDatabase } from "../support/database.js";
import { byOperator, insertProject } from "../support/ledger.js";

const walletsCount = 10_000;
const transfersPerWallet = 20;
const lotsPerWallet = 5;
const grantedPerLot = 1_000;
/** As many movements as one transaction takes. */
const batch = 500;

let fresh: FreshDatabase;
let projectId: ProjectId;
let early: readonly WalletId[];
let grown: readonly WalletId[];

beforeAll(async () => {
  // One connection, so that the plans of its first append, on tables that are nearly empty, stay in its cache.
  fresh = await freshDatabase({ poolMax: 1, statementTimeoutMs: 0, queryTimeoutMs: 0 });
  projectId = await insertProject(fresh.db);
  early = Array.from({ length: batch }, () => newId("wallet"));
  await fresh
    .db("wallets")
    .insert(early.map((id) => ({ id, project_id: projectId, customer_id: id })));
  await fresh.db.transaction((trx) => postMovements(trx, early.map(give)));
  await grow(fresh.db);
  grown = await fresh.db("wallets").whereLike("customer_id", "grown%").limit(batch).pluck("id");
});
afterAll(() => fresh.drop());

/** Wallets with their history, by plain SQL with the triggers off, and no statistics about them. */
async function grow(db: Database): Promise<void> {
  await db.transaction(async (trx) => {
    await trx.raw("set local session_replication_role = replica");
    await trx.raw(
      `insert into wallets (id, project_id, customer_id, available, seq)
       select gen_random_uuid(), ?, 'grown_' || n, ?, ? from generate_series(1, ?) n`,
      [
        projectId,
        lotsPerWallet * grantedPerLot - (transfersPerWallet - lotsPerWallet),
        transfersPerWallet,
        walletsCount,
      ],
    );
    await trx.raw(
      `insert into lots (project_id, wallet_id, lot_no, source, granted, remaining, priority)
       select project_id, id, n, 'promotion', ?, ? - case n when 1 then ? else 0 end, 100
       from wallets, generate_series(1, ?) n where customer_id like 'grown%'`,
      [grantedPerLot, grantedPerLot, transfersPerWallet - lotsPerWallet, lotsPerWallet],
    );
    await trx.raw(
      `insert into transfers (project_id, wallet_id, seq, amount, available_after, held_after, debt_after,
         cause_id, cause, kind, debit_account, credit_account, lot_no, leg)
       select project_id, id, n, case when n <= :lots then :granted else 1 end,
         least(n, :lots) * :granted - greatest(n - :lots, 0), 0, 0, gen_random_uuid(), 'operator',
         (case when n <= :lots then 'promotion' else 'correction_out' end)::transfer_kind,
         (case when n <= :lots then 'promotion' else 'available' end)::ledger_account,
         (case when n <= :lots then 'available' else 'correction' end)::ledger_account,
         case when n <= :lots then n else 1 end, 0
       from wallets, generate_series(1, :transfers) n where customer_id like 'grown%'`,
      { lots: lotsPerWallet, granted: grantedPerLot, transfers: transfersPerWallet },
    );
  });
}

const give = (walletId: WalletId): Movement => ({
  walletId,
  opens: true,
  decide: (book) =>
    decideGrant(book, {
      kind: "promotion",
      amount: micro(10n),
      cost: null,
      expiresAt: null,
      cause: byOperator(),
      memo: null,
    }),
});
const take = (walletId: WalletId): Movement => ({
  walletId,
  opens: true,
  decide: (book) =>
    decideWithdrawal(book, {
      kind: "correction_out",
      amount: micro(1n),
      cause: byOperator(),
      memo: null,
    }),
});

interface Reading {
  /** How often a table of the ledger was read from end to end. */
  readonly fullReads: number;
  /** How many rows were fetched from each, by index or not. */
  readonly rows: Readonly<Record<string, number>>;
}

/** What the work reads, by the server's own count, the trigger's statements included. */
async function readingOf(work: (trx: Trx) => Promise<unknown>): Promise<Reading> {
  return fresh.db.transaction(async (trx) => {
    const before = await counters(trx);
    await work(trx);
    const after = await counters(trx);
    const growth = (table: string, count: "full" | "rows") =>
      Number((after.get(table)?.[count] ?? 0n) - (before.get(table)?.[count] ?? 0n));
    const tables = ["wallets", "lots", "transfers"];
    return {
      fullReads: tables.reduce((sum, table) => sum + growth(table, "full"), 0),
      rows: Object.fromEntries(tables.map((table) => [table, growth(table, "rows")])),
    };
  });
}

type Counters = ReadonlyMap<string, { readonly full: bigint; readonly rows: bigint }>;

async function counters(trx: Trx): Promise<Counters> {
  const { rows } = await trx.raw<{
    rows: { table: string; full: bigint; rows: bigint }[];
  }>(
    `select relname::text as table, seq_scan as full, seq_tup_read + coalesce(idx_tup_fetch, 0) as rows
     from pg_stat_xact_user_tables where schemaname = 'public'`,
  );
  return new Map(rows.map(({ table, ...counts }) => [table, counts]));
}

const post = (movements: readonly Movement[]) => (trx: Trx) => postMovements(trx, movements);
const hot = () => grown[7] ?? newId("wallet");

/** Plans anew, for a whole batch, as a session would whose first append is a large one. */
async function planForBatch(): Promise<void> {
  await fresh.db.raw("discard plans");
  await fresh.db.transaction(post(grown.map(take)));
}

describe.each<[string, () => Promise<unknown>]>([
  ["planned on nearly empty tables", async () => undefined],
  ["planned for a batch without statistics", planForBatch],
  ["planned for a batch with statistics", () => fresh.db.raw("analyze").then(planForBatch)],
])("with 200,000 transfers, in a session that %s,", (_session, prepare) => {
  beforeAll(async () => {
    await prepare();
  });

  it.each<[string, () => readonly Movement[]]>([
    ["one withdrawal", () => [take(hot())]],
    ["one grant", () => [give(hot())]],
    ["a batch over 500 wallets", () => grown.map(take)],
    ["a batch of grants over 500 wallets", () => grown.map(give)],
    ["a batch on one hot wallet", () => grown.map(() => take(hot()))],
  ])("%s reads the rows that it touches and no more", async (_what, movements) => {
    const todo = movements();
    const wallets = new Set(todo.map((movement) => movement.walletId)).size;
    const lots = wallets * (lotsPerWallet + 7);
    const { fullReads, rows } = await readingOf(post(todo));
    expect(fullReads).toBe(0);
    // Locked, read, compared and updated.
    expect(rows["wallets"]).toBeLessThanOrEqual(todo.length + 5 * wallets);
    // Read once, counted for the next number, and updated.
    expect(rows["lots"]).toBeLessThanOrEqual(2 * lots + wallets);
    // Only an operator's act looks for itself in the history.
    expect(rows["transfers"]).toBeLessThanOrEqual(todo.length);
  });

  it("a page of a statement reads that page", async () => {
    const page = await readingOf((trx) => readStatement(trx, hot(), { size: 10 }));
    expect(page).toEqual({ fullReads: 0, rows: { wallets: 0, lots: 0, transfers: 11 } });
  });

  it("a balance reads one wallet", async () => {
    const balance = await readingOf((trx) => readWallet(trx, projectId, "grown_7"));
    expect(balance).toEqual({ fullReads: 0, rows: { wallets: 1, lots: 0, transfers: 0 } });
  });
});
