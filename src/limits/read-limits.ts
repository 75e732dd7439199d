import type { ApiKeyId, ProjectId } from "../kernel/ids.js";
import { readWallet } from "../ledger/read-wallet.js";
import type { Database, Trx } from "../platform/db/connect.js";
import { noWallet } from "./no-wallet.js";
import { type Allowances, allowancesOf } from "./rules.js";
import { noKey } from "./set-key-limits.js";
import { findLimits, hasApiKey, readClock, type Subject } from "./store.js";

/** @throws Refusal `not_found` when the customer has no wallet */
export async function readWalletLimits(
  db: Database,
  projectId: ProjectId,
  customerId: string,
): Promise<Allowances> {
  const wallet = await readWallet(db, projectId, customerId);
  if (wallet === undefined) throw noWallet(customerId);
  return read(db, wallet.id);
}

/** @throws Refusal `not_found` */
export async function readKeyLimits(
  db: Database,
  projectId: ProjectId,
  keyId: ApiKeyId,
): Promise<Allowances> {
  if (!(await hasApiKey(db, projectId, keyId))) throw noKey(keyId);
  return read(db, keyId);
}

/** Whether what is spent with a key is limited. */
export async function isKeyLimited(db: Database | Trx, keyId: ApiKeyId): Promise<boolean> {
  return (await findLimits(db, keyId)) !== undefined;
}

async function read(db: Database, subjectId: Subject["id"]): Promise<Allowances> {
  const windows = (await findLimits(db, subjectId)) ?? null;
  return allowancesOf(windows, await readClock(db));
}
