import type { ProjectId } from "../kernel/ids.js";
import type { Page } from "../kernel/page.js";
import { approvedOrThrow } from "../kernel/verdict.js";
import { readStatement, type StatementLine } from "../ledger/read-statement.js";
import { readWallet } from "../ledger/read-wallet.js";
import type { Database, Trx } from "../platform/db/connect.js";

/** A customer's transactions, newest first. A customer without a wallet has none. */
export async function readTransactions(
  db: Database | Trx,
  projectId: ProjectId,
  customerId: string,
  { size, cursor }: { readonly size: number; readonly cursor?: string | undefined },
): Promise<Page<StatementLine>> {
  const wallet = await readWallet(db, projectId, customerId);
  if (wallet === undefined) return { data: [], hasMore: false, nextCursor: null };
  return approvedOrThrow(await readStatement(db, wallet.id, { size, cursor }));
}
