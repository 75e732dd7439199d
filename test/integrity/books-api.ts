import { expect } from "vitest";
import type { AppContext } from "../../src/app/context.js";
import { type BooksChecked, checkBooks } from "../../src/integrity/check-books.js";
import type { BooksScope } from "../../src/integrity/rules.js";
import type { Database } from "../../src/platform/db/connect.js";
import type { UsageApi } from "../metering/usage-api.js";

export const look = (ctx: AppContext, scope: BooksScope = "recent"): Promise<BooksChecked> =>
  checkBooks(ctx, { scope, signal: new AbortController().signal });

/** Writes into the books with the triggers off, as only the owner of the server can, for good. */
export async function tamper(
  db: Database,
  sql: string,
  bindings: Readonly<Record<string, string>>,
) {
  await db.transaction(async (trx) => {
    await trx.raw("set local session_replication_role = replica");
    const { rowCount } = await trx.raw(sql, bindings);
    expect(rowCount).toBe(1);
  });
}

/** Writes a credit into a customer's wallet that nobody gave, or takes it out again. */
export const forge = (api: UsageApi, customerId: string, credits: 1 | -1): Promise<void> =>
  tamper(
    api.db(),
    `update wallets set available = available + ${credits * 1_000_000} where customer_id = :customerId`,
    { customerId },
  );
