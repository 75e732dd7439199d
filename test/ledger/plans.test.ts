import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { micro } from "../../src/kernel/credits.js";
import { newId, type ProjectId, type WalletId } from "../../src/kernel/ids.js";
import { decideGrant } from "../../src/ledger/decide-grant.js";
import { decideCapture, decideHold, decideRelease } from "../../src/ledger/decide-hold.js";
import { decideSpend } from "../../src/ledger/decide-spend.js";
import { decideWithdrawal } from "../../src/ledger/decide-withdrawal.js";
import type { Movement } from "../../src/ledger/decide-all.js";
import { postMovements } from "../../src/ledger/post-movements.js";
import { readStatement } from "../../src/ledger/read-statement.js";
import { readWallet } from "../../src/ledger/read-wallet.js";
import type { Trx } from "../../src/platform/db/connect.js";
import { type FreshDatabase, freshDatabase } from "../support/database.js";
import { byOperator, insertProject } from "../support/ledger.js";
import { growLedger, grownWallets, lotsPerWallet, readingOf } from "./grown-ledger.js";

type Grown = Awaited<ReturnType<typeof grownWallets>>[number];

/** As many movements as one transaction takes. */
const batch = 500;

let fresh: FreshDatabase;
let projectId: ProjectId;
let early: readonly WalletId[];
let walletIds: readonly WalletId[];
let grown: readonly Grown[];
/** Each is released once. */
let releasable: Grown[];

beforeAll(async () => {
  // One connection, so that the plans of its first append, on tables that are nearly empty, stay in its cache.
  fresh = await freshDatabase({ poolMax: 1, statementTimeoutMs: 0, queryTimeoutMs: 0 });
  projectId = await insertProject(fresh.db);
  early = Array.from({ length: batch }, () => newId("wallet"));
  await fresh
    .db("wallets")
    .insert(early.map((id) => ({ id, project_id: projectId, customer_id: id })));
  await fresh.db.transaction((trx) => postMovements(trx, early.map(give)));
  await growLedger(fresh.db, { projectId, wallets: 10_000, transfersPerWallet: 20 });
  const found = await grownWallets(fresh.db, batch + 100);
  grown = found.slice(0, batch);
  releasable = found.slice(batch);
  walletIds = grown.map(({ walletId }) => walletId);
});
afterAll(() => fresh.drop());

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

const spendOne = (walletId: WalletId): Movement => ({
  walletId,
  decide: (book, asked) =>
    decideSpend(book, {
      ...asked,
      amount: micro(1n),
      shortfall: { policy: "reject" },
      cause: { type: "usage", id: newId("usageEvent") },
      memo: null,
    }),
});
const hold = (walletId: WalletId): Movement => ({
  walletId,
  opens: true,
  decide: (book, asked) =>
    decideHold(book, {
      ...asked,
      hold: {
        id: newId("hold"),
        amount: micro(1n),
        overCapture: "reject",
        expiresAt: new Date(asked.now.getTime() + 3_600_000),
        apiKeyId: null,
        rateCardVersion: 1,
        description: null,
      },
      openHoldsMax: 10_000,
      memo: null,
    }),
});
const captureOne = ({ walletId, holdId }: Grown): Movement => ({
  walletId,
  holdId,
  decide: (book, asked) =>
    decideCapture(book, {
      ...asked,
      holdId,
      amount: micro(1n),
      close: false,
      cause: { type: "usage", id: newId("usageEvent") },
      memo: null,
    }),
});
const release = ({ walletId, holdId }: Grown): Movement => ({
  walletId,
  holdId,
  decide: (book, asked) => decideRelease(book, { ...asked, holdId, expired: false }),
});

const post = (movements: readonly Movement[]) => (trx: Trx) => postMovements(trx, movements);
const hot = () => walletIds[7] ?? newId("wallet");

/** Plans anew, for a whole batch, as a session would whose first append is a large one. */
async function planForBatch(): Promise<void> {
  await fresh.db.raw("discard plans");
  await fresh.db.transaction(post(walletIds.map(take)));
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
    ["a batch over 500 wallets", () => walletIds.map(take)],
    ["a batch of grants over 500 wallets", () => walletIds.map(give)],
    ["a batch on one hot wallet", () => walletIds.map(() => take(hot()))],
  ])("%s reads the rows that it touches and no more", async (_what, movements) => {
    const todo = movements();
    const wallets = new Set(todo.map((movement) => movement.walletId)).size;
    const lots = wallets * (lotsPerWallet + 7);
    const { fullReads, rows } = await readingOf(fresh.db, post(todo));
    expect(fullReads).toBe(0);
    // Locked, read, compared and updated.
    expect(rows["wallets"]).toBeLessThanOrEqual(todo.length + 5 * wallets);
    // Read once, counted for the next number, and updated.
    expect(rows["lots"]).toBeLessThanOrEqual(2 * lots + wallets);
    // Only an operator's act looks for itself in the history.
    expect(rows["transfers"]).toBeLessThanOrEqual(todo.length);
  });

  it.each<[string, () => readonly Movement[], { readonly transfers: number }]>([
    ["one spend", () => [spendOne(hot())], { transfers: 0 }],
    ["a batch of spends over 500 wallets", () => walletIds.map(spendOne), { transfers: 0 }],
    [
      "a batch of spends on one hot wallet",
      () => walletIds.map(() => spendOne(hot())),
      { transfers: 0 },
    ],
    ["one hold", () => [hold(hot())], { transfers: 0 }],
    ["a batch of holds over 500 wallets", () => walletIds.map(hold), { transfers: 0 }],
    // Each hold has been placed and captured, and once more in each of these tests.
    ["one capture", () => grown.slice(8, 9).map(captureOne), { transfers: 10 }],
    [
      "a batch of captures over 500 wallets",
      () => grown.map(captureOne),
      { transfers: 10 * batch },
    ],
    [
      "a batch of releases over 20 wallets",
      () => releasable.splice(0, 20).map(release),
      { transfers: 200 },
    ],
  ])("%s reads the rows that it touches and no more", async (_what, movements, most) => {
    const todo = movements();
    expect(todo.length).toBeGreaterThan(0);
    const touched = new Set(todo.map((movement) => movement.walletId)).size;
    const { fullReads, rows } = await readingOf(fresh.db, post(todo));
    expect(fullReads).toBe(0);
    expect(rows["wallets"]).toBeLessThanOrEqual(7 * touched);
    expect(rows["lots"]).toBeLessThanOrEqual(2 * touched * (lotsPerWallet + 7) + touched);
    // Counted once however many lots there are, without those that ended; and updated.
    expect(rows["holds"]).toBeLessThanOrEqual(8 * touched);
    expect(rows["transfers"]).toBeLessThanOrEqual(most.transfers);
  });

  it("a page of a statement reads that page", async () => {
    const page = await readingOf(fresh.db, (trx) => readStatement(trx, hot(), { size: 10 }));
    expect(page).toEqual({ fullReads: 0, rows: { wallets: 0, lots: 0, holds: 0, transfers: 11 } });
  });

  it("a balance reads one wallet", async () => {
    const balance = await readingOf(fresh.db, (trx) => readWallet(trx, projectId, "grown_7"));
    expect(balance).toEqual({
      fullReads: 0,
      rows: { wallets: 1, lots: 0, holds: 0, transfers: 0 },
    });
  });
});
