import type { ProjectId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusals.js";
import {
  emptyPeriod,
  type Period,
  type PeriodStatement,
  readPeriod,
} from "../ledger/read-period.js";
import { readWallet, type Wallet } from "../ledger/read-wallet.js";
import type { Database } from "../platform/db/connect.js";

/** A period of a customer's wallet, to be written down. */
export interface ExportedStatement extends Period, PeriodStatement {
  readonly customerId: string;
}

/** A customer's statement for a period. A customer without a wallet has an empty one. */
export async function exportStatement(
  db: Database,
  projectId: ProjectId,
  customerId: string,
  period: Period,
): Promise<ExportedStatement> {
  const wallet = await readWallet(db, projectId, customerId);
  return exportWallet(db, { customerId, wallet }, period);
}

/** The same for a wallet that is known. Refuses with `invalid_request` a period that ends before it begins. */
export async function exportWallet(
  db: Database,
  { customerId, wallet }: { readonly customerId: string; readonly wallet: Wallet | undefined },
  { from, to }: Period,
): Promise<ExportedStatement> {
  if (from !== undefined && to !== undefined && from >= to)
    throw new Refusal("invalid_request", {
      param: "to",
      detail:
        "The period ends before it begins. `to` is the first time that is not in it any more.",
    });
  const period = { from, to };
  const read = wallet === undefined ? emptyPeriod : await readPeriod(db, wallet, period);
  return { customerId, ...period, ...read };
}
