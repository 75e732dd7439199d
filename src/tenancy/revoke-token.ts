import { type ApiKeyId, type ProjectId, publicId } from "../kernel/ids.js";
import type { Trx } from "../platform/db/connect.js";
import { readToken } from "./read-tokens.js";
import { recordAudit } from "./record-audit.js";
import type { Token, TokenKind } from "./rules.js";
import { updateKeyRevoked } from "./store/keys.js";

/**
 * Revokes a token for good, in the transaction that ends what it may spend; out in every process within a second. A
 * second time changes nothing.
 *
 * @throws Refusal `not_found`
 */
export async function revokeToken(
  trx: Trx,
  projectId: ProjectId,
  id: ApiKeyId,
  { actor, kind }: { readonly actor: string; readonly kind?: TokenKind },
): Promise<Token> {
  const before = await readToken(trx, projectId, id, kind);
  if (before.revokedAt !== null) return before;
  await updateKeyRevoked(trx, projectId, id, before.kind);
  await recordAudit(trx, {
    projectId,
    actor,
    action: `${before.kind}_token.revoke`,
    subject: publicId("apiKey", id),
  });
  return readToken(trx, projectId, id, kind);
}
