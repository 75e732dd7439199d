import { assert } from "../kernel/assert.js";
import type { Credits } from "../kernel/credits.js";
import type { HoldId, WalletId } from "../kernel/ids.js";
import { cutPage, decodeCursor, type Page, pageSizeMax } from "../kernel/page.js";
import { approve, refuse, type Verdict } from "../kernel/verdict.js";
import type { Database, Trx } from "../platform/db/connect.js";
import type { Cause } from "./decide.js";
import type { TransferRow } from "./models.js";
import { type Balances, balanceChange, totalBalance, type TransferKind } from "./movements.js";
import { selectTransfers } from "./store/statement.js";

/** One line of a statement: what happened, when, how much, why, and the balances after it. */
export interface StatementLine {
  readonly walletId: WalletId;
  readonly seq: bigint;
  readonly kind: TransferKind;
  /** What the line did to the wallet's total: credits in are positive, out negative. */
  readonly change: Credits;
  readonly balances: Balances;
  readonly cause: Cause;
  /** `null` for what is owed. */
  readonly lotNo: number | null;
  readonly holdId: HoldId | null;
  /** What was bought, or the reason an operator gave. */
  readonly memo: string | null;
  readonly at: Date;
}

/** A page of a wallet's transfers, newest first. The wallet must be known to belong to the caller. */
export async function readStatement(
  db: Database | Trx,
  walletId: WalletId,
  { size, cursor }: { readonly size: number; readonly cursor?: string | undefined },
): Promise<Verdict<Page<StatementLine>>> {
  assert(size >= 1 && size <= pageSizeMax, `a page has 1 to ${pageSizeMax} lines`);
  const seqBefore = cursor === undefined ? undefined : parseCursor(cursor);
  if (cursor !== undefined && seqBefore === undefined)
    return refuse("invalid_request", {
      param: "cursor",
      detail:
        "That cursor is not one of ours. Use `nextCursor` of the page before, or leave it out.",
    });
  const rows = await selectTransfers(db, walletId, { seqBefore, limit: size + 1 });
  return approve(cutPage(rows.map(toLine), size, (line) => String(line.seq)));
}

function parseCursor(cursor: string): bigint | undefined {
  const key = decodeCursor(cursor);
  return key !== undefined && /^\d{1,18}$/.test(key) ? BigInt(key) : undefined;
}

/** A transfer as a line of its wallet's statement. */
export function toLine(row: TransferRow): StatementLine {
  const { walletId, seq, kind, lotNo, holdId, memo, createdAt: at } = row;
  const change = totalBalance(balanceChange(kind, row.amount));
  const balances = { available: row.availableAfter, held: row.heldAfter, debt: row.debtAfter };
  const cause = { type: row.cause, id: row.causeId } as Cause;
  return { walletId, seq, kind, change, balances, cause, lotNo, holdId, memo, at };
}
