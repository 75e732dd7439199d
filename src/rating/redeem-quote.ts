import { assert } from "../kernel/assert.js";
import type { ProjectId, QuoteId } from "../kernel/ids.js";
import type { Trx } from "../platform/db/connect.js";
import type { Quote } from "./decide-redemption.js";
import { lockQuoteRows, updateRedeemed } from "./store.js";

/**
 * Locks the quotes in order of their ids and reads them; ids that the project does not have are left out. Then decide
 * with `decideRedemption` and write with {@link markQuotesRedeemed}, in the same transaction.
 */
export async function lockQuotes(
  trx: Trx,
  projectId: ProjectId,
  ids: readonly QuoteId[],
): Promise<ReadonlyMap<QuoteId, Quote>> {
  if (ids.length === 0) return new Map();
  const rows = await lockQuoteRows(trx, projectId, ids);
  return new Map(rows.map((row) => [row.id, row]));
}

/**
 * Uses locked quotes up, in one statement. The database refuses all of them when one was used before
 * (`quotes_redeemed_once`) or when one hold or event would use two (`quotes_redeemer`).
 */
export async function markQuotesRedeemed(
  trx: Trx,
  redemptions: readonly { readonly quoteId: QuoteId; readonly redeemedBy: string }[],
): Promise<void> {
  if (redemptions.length === 0) return;
  const written = await updateRedeemed(trx, redemptions);
  assert(written === redemptions.length, "every quote exists and is redeemed by one");
}
