import type { Trx } from "../platform/db/connect.js";
import type { TokenBudgetOrder } from "./rules.js";
import { insertBudget } from "./store.js";

/**
 * Fixes what an agent's token may take, in the transaction that makes the token: so it counts before anybody can know the
 * token, and no spend is under way that does not see it. Its key must be there, be an agent's, and be for this wallet.
 */
export async function setTokenBudget(trx: Trx, order: TokenBudgetOrder): Promise<void> {
  await insertBudget(trx, order);
}
