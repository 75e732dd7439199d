import { randomUUID } from "node:crypto";
import type { ProjectId, WalletId } from "../../src/kernel/ids.js";
import { newId } from "../../src/kernel/ids.js";
import { constraintName } from "../../src/platform/db/errors.js";
import type { Database, Trx } from "../../src/platform/db/connect.js";
import { insertProject } from "../support/ledger.js";

/** A row of `transfers` as somebody without our code would write it. */
export interface RawTransfer {
  readonly project_id: string;
  readonly wallet_id: string;
  readonly seq: number;
  readonly amount: number;
  readonly available_after: number;
  readonly held_after: number;
  readonly debt_after: number;
  readonly cause_id: string;
  readonly cause: string;
  readonly kind: string;
  readonly debit_account: string;
  readonly credit_account: string;
  readonly lot_no: number | null;
  readonly hold_id?: string | null;
  readonly leg: number;
  readonly memo?: string | null;
}

export interface RawWallet {
  readonly projectId: ProjectId;
  readonly walletId: WalletId;
}

/** A project with an empty wallet, by plain SQL. */
export async function rawWallet(db: Database, project?: ProjectId): Promise<RawWallet> {
  const projectId = project ?? (await insertProject(db));
  const walletId = newId("wallet");
  await db("wallets").insert({ id: walletId, project_id: projectId, customer_id: randomUUID() });
  return { projectId, walletId };
}

/** Opens a lot, empty. */
export async function rawLot(
  db: Database | Trx,
  { projectId, walletId }: RawWallet,
  lot: { readonly lot_no: number; readonly granted: number } & Readonly<Record<string, unknown>>,
): Promise<void> {
  await db("lots").insert({
    project_id: projectId,
    wallet_id: walletId,
    source: "promotion",
    priority: 100,
    ...lot,
  });
}

/** A promotion of `amount` into lot 1 of an empty wallet, changed as asked. */
export function rawPromotion(
  { projectId, walletId }: RawWallet,
  amount: number,
  changes: Partial<RawTransfer> = {},
): RawTransfer {
  return {
    project_id: projectId,
    wallet_id: walletId,
    seq: 1,
    amount,
    available_after: amount,
    held_after: 0,
    debt_after: 0,
    cause_id: newId("adjustment"),
    cause: "operator",
    kind: "promotion",
    debit_account: "promotion",
    credit_account: "available",
    lot_no: 1,
    leg: 0,
    ...changes,
  };
}

/** A correction that takes `amount` out, changed as asked. */
export function rawWithdrawal(
  wallet: RawWallet,
  amount: number,
  changes: Partial<RawTransfer>,
): RawTransfer {
  return rawPromotion(wallet, amount, {
    kind: "correction_out",
    debit_account: "available",
    credit_account: "correction",
    ...changes,
  });
}

export async function rawInsert(
  db: Database | Trx,
  ...rows: readonly RawTransfer[]
): Promise<void> {
  await db("transfers").insert([...rows]);
}

/** A wallet with one lot of `amount`, filled. */
export async function filledWallet(db: Database, amount: number): Promise<RawWallet> {
  const wallet = await rawWallet(db);
  await rawLot(db, wallet, { lot_no: 1, granted: amount });
  await rawInsert(db, rawPromotion(wallet, amount));
  return wallet;
}

/** The constraint that refused the work. Work that went through, or failed otherwise, fails the test. */
export async function refusedBy(work: PromiseLike<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    const name = constraintName(error);
    if (name === undefined) throw error;
    return name;
  }
  throw new Error("the database let it through");
}
