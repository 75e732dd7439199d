import { type ApiKeyId, type GrantPreviewId, type ProjectId, publicId } from "../../kernel/ids.js";
import { Refusal } from "../../kernel/refusals.js";
import { approvedOrThrow } from "../../kernel/verdict.js";
import type { Trx } from "../../platform/db/connect.js";
import { grantCredits } from "../grant-credits.js";
import { renderAdjustment } from "../render.js";
import { decideConfirmation } from "./decide-confirmation.js";
import { lockPreview, updateConfirmed } from "./store.js";

export interface Confirmation {
  readonly projectId: ProjectId;
  readonly id: GrantPreviewId;
  /** The key that confirms; it need not be the one that asked for the preview. Both stand in the audit log. */
  readonly keyId: ApiKeyId;
}

/**
 * Gives the credits of a preview, once: whoever confirms it again gets the first answer, also when its time is over since. The
 * preview is locked, and what it became commits with the credits.
 *
 * @returns the adjustment as JSON
 * @throws Refusal `not_found`; `preview_outdated` when its time is over, or the wallet owes another debt or was frozen or
 * unfrozen meanwhile; `balance_limit`
 */
export async function confirmGrant(
  trx: Trx,
  { projectId, id, keyId }: Confirmation,
): Promise<unknown> {
  const kept = await lockPreview(trx, projectId, id);
  if (kept === undefined)
    throw new Refusal("not_found", { detail: "The project has no such preview." });
  if (kept.answer !== null) return kept.answer;
  const { lotExpiresAt, customerId, credits, reason } = kept;
  const isOver = kept.now.getTime() >= kept.expiresAt.getTime();
  approvedOrThrow(decideConfirmation({ shown: kept, isOver }, kept));
  const previewed = {
    preview: publicId("grantPreview", id),
    by: publicId("apiKey", kept.apiKeyId),
    lotExpiresAt,
    agrees: (book: Parameters<typeof decideConfirmation>[1]) =>
      decideConfirmation({ shown: kept, isOver }, book),
  };
  const grant = { projectId, customerId, credits, reason, previewed };
  const granted = await grantCredits(trx, grant, publicId("apiKey", keyId));
  const answer = renderAdjustment(granted);
  const done = { walletId: granted.wallet.id, adjustmentId: granted.id, answer };
  await updateConfirmed(trx, kept, done);
  return answer;
}
