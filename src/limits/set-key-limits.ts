import { type ApiKeyId, type ProjectId, publicId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusals.js";
import type { Database } from "../platform/db/connect.js";
import { inTransaction } from "../platform/db/transaction.js";
import { changeSpendLimits } from "./change-limits.js";
import { outlastSpends } from "./outlast-spends.js";
import type { Allowances, LimitsChange } from "./rules.js";
import { lockApiKey, restartCounting } from "./store.js";

/**
 * Limits what may be spent with an API key, over all wallets. When it answers, no spend is under way that does not
 * count. A limit below what is spent already only stops further spending.
 *
 * @throws Refusal `not_found`; `conflict` for an agent's token, whose budget is fixed; or `wallet_busy` when a spend from before does not end: the limits are set then
 */
export async function setKeyLimits(
  db: Database,
  key: { readonly projectId: ProjectId; readonly id: ApiKeyId },
  change: LimitsChange,
  actor: string,
): Promise<Allowances> {
  const { allowances, began } = await inTransaction(db, async (trx) => {
    const found = await lockApiKey(trx, key.projectId, key.id);
    if (found === undefined) throw noKey(key.id);
    if (found.kind === "agent") throw budgetIsFixed();
    return changeSpendLimits(trx, { type: "apiKey", ...key }, change, actor);
  });
  await outlastSpends(db);
  // A hold that was placed meanwhile may not have counted, so it is not counted off either.
  if (began) await restartCounting(db, key.id);
  return allowances;
}

function budgetIsFixed(): Refusal {
  return new Refusal("conflict", {
    param: "keyId",
    detail:
      "This is an agent token: its budget was fixed when it was made. Revoke it, and make another one with the budget that it should have.",
  });
}

export function noKey(id: ApiKeyId): Refusal {
  return new Refusal("not_found", {
    detail: `The project has no API key ${publicId("apiKey", id)}.`,
  });
}
