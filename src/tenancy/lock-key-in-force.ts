import type { ApiKeyId, ProjectId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusals.js";
import type { Trx } from "../platform/db/connect.js";
import { lockApiKeyShared } from "./store/keys.js";

/**
 * Keeps a key as it is until the transaction ends: whoever revokes it, or sets its limits, waits. What is read after this
 * is what they left, so it comes first.
 *
 * @throws Refusal `unauthenticated` when the key was revoked, which its authentication may not know yet
 */
export async function lockKeyInForce(trx: Trx, projectId: ProjectId, id: ApiKeyId): Promise<void> {
  const key = await lockApiKeyShared(trx, projectId, id);
  if (key === undefined || key.revokedAt !== null)
    throw new Refusal("unauthenticated", {
      detail: "This API key was revoked. Use another one.",
    });
}
