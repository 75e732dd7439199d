import type { ApiKeyId, ProjectId } from "../kernel/ids.js";
import { endToken } from "../limits/end-token.js";
import type { Database } from "../platform/db/connect.js";
import { inTransaction } from "../platform/db/transaction.js";
import { revokeApiKey } from "../tenancy/revoke-api-key.js";
import type { ApiKey } from "../tenancy/rules.js";

/**
 * Revokes a secret key for good, and with it the tokens that it made: who found the key may have made them. From the
 * answer on nothing is spent with these; within a second all of them are unknown to every process.
 *
 * @returns the key, and how many tokens this ended
 * @throws Refusal `not_found`
 */
export async function revokeKey(
  db: Database,
  projectId: ProjectId,
  id: ApiKeyId,
  actor: string,
): Promise<{ readonly key: ApiKey; readonly tokensRevoked: number }> {
  return inTransaction(db, async (trx) => {
    const { key, tokenIds } = await revokeApiKey(trx, projectId, id, actor);
    // By their ids, as rows of limits are locked everywhere.
    for (const tokenId of tokenIds) await endToken(trx, tokenId);
    return { key, tokensRevoked: tokenIds.length };
  });
}
