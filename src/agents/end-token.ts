import type { ApiKeyId, ProjectId } from "../kernel/ids.js";
import { endToken as endBudget } from "../limits/end-token.js";
import type { Database } from "../platform/db/connect.js";
import { inTransaction } from "../platform/db/transaction.js";
import { revokeToken } from "../tenancy/revoke-token.js";
import type { Token, TokenKind } from "../tenancy/rules.js";

/**
 * Ends a token for good. From the answer on nothing is spent with an agent's token, since the ledger knows; within a
 * second it is unknown to every process. Ending it again changes nothing.
 *
 * @throws Refusal `not_found`
 */
export async function endToken(
  db: Database,
  projectId: ProjectId,
  id: ApiKeyId,
  by: { readonly actor: string; readonly kind?: TokenKind },
): Promise<Token> {
  return inTransaction(db, async (trx) => {
    const token = await revokeToken(trx, projectId, id, by);
    if (token.kind === "agent") await endBudget(trx, id);
    return token;
  });
}
