import { present } from "../kernel/assert.js";
import { newId, type ProjectId } from "../kernel/ids.js";
import type { Database, Trx } from "../platform/db/connect.js";
import type { Wallet } from "./read-wallet.js";
import { findWallet, insertWallet } from "./store/wallets.js";

/** The customer's wallet, opened empty on first touch. Many callers at once get the same one. */
export async function openWallet(
  trx: Database | Trx,
  projectId: ProjectId,
  customerId: string,
): Promise<Wallet> {
  const known = await findWallet(trx, projectId, customerId);
  if (known !== undefined) return known;
  await insertWallet(trx, { id: newId("wallet"), projectId, customerId });
  return present(await findWallet(trx, projectId, customerId), "an opened wallet can be read");
}
