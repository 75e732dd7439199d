import { type ApiKeyId, type ProjectId, publicId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusals.js";
import type { Trx } from "../platform/db/connect.js";
import { recordAudit } from "./record-audit.js";
import type { ApiKey } from "./rules.js";
import { updateKeyRevoked, updateTokensRevoked } from "./store/keys.js";

/**
 * Revokes a key for good and the tokens that it made, in the transaction that ends what these may spend; in force in every
 * process within a second (see `authenticate-key.ts`). Whoever makes a token with the key meanwhile is waited for.
 *
 * @returns the key, and the tokens that this ended
 * @throws Refusal `not_found`
 */
export async function revokeApiKey(
  trx: Trx,
  projectId: ProjectId,
  keyId: ApiKeyId,
  actor: string,
): Promise<{ readonly key: ApiKey; readonly tokenIds: readonly ApiKeyId[] }> {
  const key = await updateKeyRevoked(trx, projectId, keyId, "secret");
  if (key === undefined) throw new Refusal("not_found", { detail: "The project has no such key." });
  const subject = publicId("apiKey", keyId);
  await recordAudit(trx, { projectId, actor, action: "api_key.revoke", subject });
  const tokenIds = await updateTokensRevoked(trx, keyId);
  for (const id of tokenIds)
    await recordAudit(trx, {
      projectId,
      actor,
      action: "agent_token.revoke",
      subject: publicId("apiKey", id),
      details: { madeBy: subject },
    });
  return { key, tokenIds };
}
