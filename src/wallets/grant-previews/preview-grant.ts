import type { Credits } from "../../kernel/credits.js";
import { type ApiKeyId, type GrantPreviewId, newId, type ProjectId } from "../../kernel/ids.js";
import { approvedOrThrow } from "../../kernel/verdict.js";
import { decideGrant } from "../../ledger/decide-grant.js";
import type { Balances } from "../../ledger/movements.js";
import { readBook } from "../../ledger/read-book.js";
import type { Trx } from "../../platform/db/connect.js";
import { instantInDays } from "../../platform/db/instant-in-days.js";
import { checkAdjustment } from "../rules.js";
import { previewTtlSeconds } from "./decide-confirmation.js";
import { deleteForgotten, insertPreview } from "./store.js";

export interface GrantPlan {
  readonly projectId: ProjectId;
  /** The key that asks. */
  readonly keyId: ApiKeyId;
  readonly customerId: string;
  /** More than nothing. */
  readonly credits: Credits;
  readonly reason: string;
  readonly expiresInDays: number | null;
}

/** What a grant would do now. Nothing has moved. */
export interface GrantPreview {
  readonly id: GrantPreviewId;
  readonly before: Balances;
  readonly after: Balances;
  /** When the given credits expire; null: never. */
  readonly lotExpiresAt: Date | null;
  readonly frozen: boolean;
  /** Until when it can be confirmed. */
  readonly expiresAt: Date;
}

/** So long a preview that nobody confirmed is kept, for who asks what became of it. */
const keptDays = 7;
const forgottenAtOnce = 100;

/**
 * Tells what giving credits would do, by the very decision that would do it, and keeps that for ten minutes. Neither opens
 * nor changes the wallet.
 *
 * @throws Refusal `invalid_request`, or `balance_limit` when the wallet would reach 1,000,000,000 credits
 */
export async function previewGrant(trx: Trx, plan: GrantPlan): Promise<GrantPreview> {
  approvedOrThrow(checkAdjustment(plan));
  const { projectId, keyId, customerId, credits, reason } = plan;
  const { book } = await readBook(trx, { projectId, customerId, apiKeyId: null });
  const lotExpiresAt = await instantInDays(trx, plan.expiresInDays);
  const id = newId("grantPreview");
  const grant = {
    kind: "promotion",
    amount: credits,
    cost: null,
    expiresAt: lotExpiresAt,
    cause: { type: "operator", id },
    memo: reason,
  } as const;
  // Which number its lot will have is nobody's concern yet.
  const counted = { ...book, counts: { lotNoLast: 0, openHolds: 0 } };
  const { after } = approvedOrThrow(decideGrant(counted, grant));
  const { debt, frozen } = book;
  const seen = { projectId, id, customerId, apiKeyId: keyId, credits, reason, lotExpiresAt };
  await deleteForgotten(trx, projectId, { days: keptDays, limit: forgottenAtOnce });
  const { expiresAt } = await insertPreview(trx, { ...seen, debt, frozen }, previewTtlSeconds);
  return { id, before: book, after, lotExpiresAt, frozen, expiresAt };
}
