/**
 * The baseline of the apply figures: one transaction for each event, as fast as so many connections commit them, through
 * node-postgres with named prepared statements and no pool in between.
 */
import { randomInt } from "node:crypto";
import { workerData } from "node:worker_threads";
import pg from "pg";
import { bareEntry, bareInsert, bareUpdate, bareValues } from "./bare-ledger.js";
import { answerOrders } from "./threads.js";

export interface SpendPlan {
  readonly databaseUrl: string;
  readonly connections: number;
}

export interface SpendOrder {
  readonly seconds: number;
}

export interface SpendResult {
  readonly elapsedMs: number;
  readonly spends: number;
}

interface BareWallet {
  readonly id: string;
  readonly project_id: string;
}

const { databaseUrl, connections } = workerData as SpendPlan;
const opened = Promise.all(Array.from({ length: connections }, openClient));
const wallets = opened.then(async ([client]) => {
  const found = await client?.query<BareWallet>("select id, project_id from bench_wallets");
  return found?.rows ?? [];
});

answerOrders(async ({ seconds }: SpendOrder): Promise<SpendResult> => {
  const clients = await opened;
  const owners = await wallets;
  const startMs = performance.now();
  const endMs = startMs + seconds * 1_000;
  let spends = 0;
  const spendOn = async (client: pg.Client): Promise<void> => {
    while (performance.now() < endMs) {
      const wallet = owners[randomInt(owners.length)];
      if (wallet === undefined) throw new Error("there is no wallet");
      await spend(client, wallet);
      spends++;
    }
  };
  await Promise.all(clients.map(spendOn));
  return { elapsedMs: performance.now() - startMs, spends };
});

async function openClient(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  return client;
}

async function spend(client: pg.Client, wallet: BareWallet): Promise<void> {
  const amount = randomInt(200_000, 25_000_000);
  await client.query("begin");
  const updated = await client.query<{ available: string; seq: string }>({
    name: "spend",
    text: bareUpdate,
    values: [amount, wallet.id],
  });
  const [row] = updated.rows;
  if (row === undefined) throw new Error("a wallet ran out of credits");
  const entry = bareEntry(wallet, { seq: Number(row.seq), amount, balance: row.available });
  await client.query({ name: "entry", text: bareInsert, values: bareValues(entry) });
  await client.query("commit");
}
