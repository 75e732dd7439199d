import { present } from "../kernel/assert.js";
import type { ApiKeyId } from "../kernel/ids.js";
import type { Database, Trx } from "../platform/db/connect.js";
import { type TokenBudget, tokenBudgetOf } from "./rules.js";
import { readClock, selectTokenWindows } from "./store.js";

/** What is left of the budget of an agent's token. */
export async function readTokenBudget(db: Database | Trx, keyId: ApiKeyId): Promise<TokenBudget> {
  const budgets = await readTokenBudgets(db, [keyId]);
  return present(budgets.get(keyId), "an agent's token has a budget");
}

/** The same of several at once. Keys that are no agents' tokens are left out. */
export async function readTokenBudgets(
  db: Database | Trx,
  keyIds: readonly ApiKeyId[],
): Promise<ReadonlyMap<ApiKeyId, TokenBudget>> {
  const windows = await selectTokenWindows(db, keyIds);
  const now = await readClock(db);
  return new Map([...windows].map(([id, of]) => [id, tokenBudgetOf(of, now)]));
}
