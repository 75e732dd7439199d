import { newId } from "../../src/kernel/ids.js";
import type { Database } from "../../src/platform/db/connect.js";

/**
 * The ledger that is written without thinking, and what the benchmarks compare with: a balance that is updated when it
 * suffices, and a row for each spend. The rows have the columns of `wallets` and `transfers`, so the same width, and one
 * primary key each: no other index, no trigger, no check, no lot.
 */
export async function openBareLedger(db: Database): Promise<void> {
  await db.raw(`
    create table bench_wallets (like wallets including defaults, primary key (id)) with (fillfactor = 50);
    insert into bench_wallets select * from wallets;
    create table bench_entries (like transfers including defaults, primary key (cause_id));
  `);
  await db.raw("vacuum analyze bench_wallets");
}

/** One row of `bench_entries`. */
export interface BareEntry {
  readonly walletId: string;
  readonly projectId: string;
  readonly id: string;
  readonly seq: number;
  readonly amount: number;
  readonly balance: string;
}

export function bareEntry(
  wallet: { readonly id: string; readonly project_id: string },
  { seq, amount, balance }: { seq: number; amount: number; balance: string },
): BareEntry {
  const id = newId("usageEvent");
  return { walletId: wallet.id, projectId: wallet.project_id, id, seq, amount, balance };
}

type BareColumns = Readonly<
  Record<string, readonly [type: string, value: (row: BareEntry) => string | number | null]>
>;

export const bareEntryColumns: BareColumns = {
  project_id: ["uuid", (row) => row.projectId],
  wallet_id: ["uuid", (row) => row.walletId],
  seq: ["bigint", (row) => row.seq],
  amount: ["bigint", (row) => row.amount],
  available_after: ["bigint", (row) => row.balance],
  held_after: ["bigint", () => 0],
  debt_after: ["bigint", () => 0],
  cause_id: ["uuid", (row) => row.id],
  cause: ["transfer_cause", () => "usage"],
  kind: ["transfer_kind", () => "spend"],
  debit_account: ["ledger_account", () => "available"],
  credit_account: ["ledger_account", () => "revenue"],
  lot_no: ["integer", () => 1],
  hold_id: ["uuid", () => null],
  leg: ["smallint", () => 0],
  memo: ["text", () => "chat.reply"],
};

/** Spends `$1` from the wallet `$2`, if it has as much. */
export const bareUpdate =
  "update bench_wallets set available = available - $1, seq = seq + 1 where id = $2 and available >= $1 returning available, seq";

const names = Object.keys(bareEntryColumns);

export const bareInsert = `insert into bench_entries (${names.join(", ")}) values (${names.map((_, index) => `$${index + 1}`).join(", ")})`;

/** The values of {@link bareInsert}. */
export function bareValues(entry: BareEntry): (string | number | null)[] {
  return Object.values(bareEntryColumns).map(([, value]) => value(entry));
}
