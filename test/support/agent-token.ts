import { randomBytes } from "node:crypto";
import type { Credits } from "../../src/kernel/credits.js";
import { type ApiKeyId, newId, type ProjectId, type WalletId } from "../../src/kernel/ids.js";
import type { TokenBudgetOrder } from "../../src/limits/rules.js";
import { setTokenBudget } from "../../src/limits/set-token-budget.js";
import type { Context } from "../../src/platform/context.js";
import type { Database } from "../../src/platform/db/connect.js";
import type { Digest } from "../../src/platform/vault/vault.js";

interface Owner {
  readonly projectId: ProjectId;
  readonly walletId: WalletId;
}
export type BudgetParts = Partial<
  Pick<TokenBudgetOrder, "perCall" | "perDay" | "total" | "endsAt">
>;

/**
 * An agent's token of a wallet that meters and uses holds, for tests that spend with it below HTTP, or with the secret of
 * that digest. It lasts two days and has no limits unless told.
 */
export async function insertAgentToken(
  db: Database,
  of: Owner,
  { endsAt = new Date(Date.now() + 172_800_000), ...parts }: BudgetParts = {},
  digest: Digest = { hash: randomBytes(32), keyId: "test" },
): Promise<ApiKeyId> {
  const id = newId("apiKey");
  const none: Credits | null = null;
  await db.transaction(async (trx) => {
    await trx("api_keys").insert({
      id,
      project_id: of.projectId,
      wallet_id: of.walletId,
      kind: "agent",
      name: "agent",
      hint: "test",
      hash: digest.hash,
      hash_key_id: digest.keyId,
      scopes: ["usage:write", "holds:read", "holds:write", "rates:read"],
      tools: ["meter_event", "quote_cost", "create_hold", "capture_hold", "release_hold"],
      expires_at: endsAt,
    });
    const budget = { perCall: none, perDay: none, total: none, ...parts };
    await setTokenBudget(trx, { ...of, ...budget, keyId: id, endsAt });
  });
  return id;
}

/** The same with the header that its agent sends. */
export async function agentBearer(
  { db, vault }: Pick<Context, "db" | "vault">,
  of: Owner,
  budget: BudgetParts = {},
): Promise<{ readonly keyId: ApiKeyId; readonly headers: { readonly authorization: string } }> {
  const secret = `chg_agent_test_${randomBytes(24).toString("hex")}`;
  const keyId = await insertAgentToken(db, of, budget, vault.digest(secret));
  return { keyId, headers: { authorization: `Bearer ${secret}` } };
}
