/**
 * The baseline of `http.sync`: `begin; update; insert; commit` through the driver and pool that the product has, so
 * many at once, without HTTP around it.
 */
import { randomInt } from "node:crypto";
import { workerData } from "node:worker_threads";
import type { Knex } from "knex";
import { connectDatabase } from "../../src/platform/db/connect.js";
import { bareEntry, bareInsert, bareValues } from "./bare-ledger.js";
import { answerOrders } from "./threads.js";

export interface TransactionPlan {
  readonly databaseUrl: string;
}

export interface TransactionOrder {
  readonly seconds: number;
  readonly inFlight: number;
}

export interface TransactionResult {
  readonly latenciesMs: readonly number[];
}

/** What one process of the product has unless told. */
const poolMax = 10;
const { databaseUrl } = workerData as TransactionPlan;
const db = connectDatabase({ url: databaseUrl, poolMax, applicationName: "bench-transactions" });
const updateStatement = `update bench_wallets set available = available - ?, seq = seq + 1
  where id = ? and available >= ? returning available, seq`;
const insertStatement = bareInsert.replaceAll(/\$\d+/g, "?");

interface BareWallet {
  readonly id: string;
  readonly project_id: string;
}

const wallets = readWallets();

answerOrders(async ({ seconds, inFlight }: TransactionOrder): Promise<TransactionResult> => {
  const owners = await wallets;
  const endMs = performance.now() + seconds * 1_000;
  const latenciesMs: number[] = [];
  const spendOn = async (): Promise<void> => {
    while (performance.now() < endMs) {
      const wallet = owners[randomInt(owners.length)];
      if (wallet === undefined) throw new Error("there is no wallet");
      const startMs = performance.now();
      await spend(wallet);
      latenciesMs.push(performance.now() - startMs);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, spendOn));
  return { latenciesMs };
});

async function readWallets(): Promise<readonly BareWallet[]> {
  return db<BareWallet>("bench_wallets").select("id", "project_id");
}

async function spend(wallet: BareWallet): Promise<void> {
  const amount = randomInt(200_000, 25_000_000);
  await db.transaction(async (trx) => {
    const { rows } = await trx.raw<{ rows: { available: bigint; seq: bigint }[] }>(
      updateStatement,
      [amount, wallet.id, amount],
    );
    const [row] = rows;
    if (row === undefined) throw new Error("a wallet ran out of credits");
    const balance = String(row.available);
    const entry = bareEntry(wallet, { seq: Number(row.seq), amount, balance });
    await trx.raw(insertStatement, bareValues(entry) as Knex.RawBinding[]); // null is one, too
  });
}
