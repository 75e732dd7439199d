/**
 * The baseline of `apply.insert`: rows that are ready are written by multi-row inserts and nothing else, with the
 * statement that the ledger itself appends by. A primary key is all that the table has.
 */
import { workerData } from "node:worker_threads";
import { connectDatabase } from "../../src/platform/db/connect.js";
import { insertRows } from "../../src/platform/db/insert-rows.js";
import { type BareEntry, bareEntry, bareEntryColumns } from "./bare-ledger.js";
import { answerOrders } from "./threads.js";

export interface InsertPlan {
  readonly databaseUrl: string;
}

export interface InsertOrder {
  readonly rows: number;
}

export interface InsertResult {
  readonly elapsedMs: number;
}

const rowsPerStatement = 1_000;
const connections = 2;
const { databaseUrl } = workerData as InsertPlan;
const db = connectDatabase({
  url: databaseUrl,
  poolMax: connections,
  applicationName: "bench-insert",
});

answerOrders(async ({ rows }: InsertOrder): Promise<InsertResult> => {
  const statements = await layOut(rows);
  const startMs = performance.now();
  const insertSome = async (): Promise<void> => {
    for (;;) {
      const some = statements.shift();
      if (some === undefined) return;
      await insertRows(db, "bench_entries", bareEntryColumns, some);
    }
  };
  await Promise.all(Array.from({ length: connections }, insertSome));
  return { elapsedMs: performance.now() - startMs };
});

async function layOut(count: number): Promise<BareEntry[][]> {
  const wallets = await db<{ id: string; project_id: string }>("bench_wallets").select(
    "id",
    "project_id",
  );
  const statements: BareEntry[][] = [];
  for (let from = 0; from < count; from += rowsPerStatement) {
    const size = Math.min(rowsPerStatement, count - from);
    statements.push(
      Array.from({ length: size }, (_, place) => {
        const wallet = wallets[Math.floor(Math.random() * wallets.length)];
        if (wallet === undefined) throw new Error("there is no wallet");
        const seq = from + place;
        return bareEntry(wallet, { seq, amount: 1 + (seq % 25_000_000), balance: `${seq}000` });
      }),
    );
  }
  return statements;
}
