import { type ApiKeyId, type ProjectId, publicId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusals.js";
import type { Context } from "../platform/context.js";
import { recordAudit } from "./record-audit.js";
import type { ApiKey } from "./rules.js";
import { updateKeyRevoked } from "./store/keys.js";

/** Revokes a key for good; in force in every process within a second (see `authenticate-key.ts`). */
export async function revokeApiKey(
  ctx: Pick<Context, "db">,
  projectId: ProjectId,
  keyId: ApiKeyId,
  actor: string,
): Promise<ApiKey> {
  return ctx.db.transaction(async (trx) => {
    const key = await updateKeyRevoked(trx, projectId, keyId, "secret");
    if (key === undefined)
      throw new Refusal("not_found", { detail: "The project has no such key." });
    const subject = publicId("apiKey", keyId);
    await recordAudit(trx, { projectId, actor, action: "api_key.revoke", subject });
    return key;
  });
}
