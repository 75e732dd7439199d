import { present } from "../../kernel/assert.js";
import type { Credits } from "../../kernel/credits.js";
import type { ApiKeyId, GrantPreviewId, ProjectId, WalletId } from "../../kernel/ids.js";
import type { Trx } from "../../platform/db/connect.js";
import type { WalletSeen } from "./decide-confirmation.js";

export interface NewPreview extends WalletSeen {
  readonly projectId: ProjectId;
  readonly id: GrantPreviewId;
  /** The caller's own. */
  readonly customerId: string;
  readonly apiKeyId: ApiKeyId;
  readonly credits: Credits;
  readonly reason: string;
  readonly lotExpiresAt: Date | null;
}

export interface KeptPreview extends NewPreview {
  readonly expiresAt: Date;
  /** When it was locked, by the clock that says when it expires. */
  readonly now: Date;
  /** What confirming it answered; null until then. */
  readonly answer: unknown;
}

/** It expires by the clock of the database, so that all processes agree when. */
export async function insertPreview(
  trx: Trx,
  preview: NewPreview,
  ttlSeconds: number,
): Promise<{ readonly expiresAt: Date }> {
  const { rows } = await trx.raw<{ rows: { expiresAt: Date }[] }>(
    `insert into grant_previews (project_id, id, customer_id, api_key_id, credits, reason, lot_expires_at, debt, frozen,
       expires_at)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, clock_timestamp() + make_interval(secs => ?))
     returning expires_at as "expiresAt"`,
    [
      preview.projectId,
      preview.id,
      preview.customerId,
      preview.apiKeyId,
      preview.credits.toString(),
      preview.reason,
      preview.lotExpiresAt,
      preview.debt.toString(),
      preview.frozen,
      ttlSeconds,
    ],
  );
  return present(rows[0], "an insert answers its row");
}

/** Locks a preview, so that whoever confirms it at the same time waits and finds it confirmed. */
export async function lockPreview(
  trx: Trx,
  projectId: ProjectId,
  id: GrantPreviewId,
): Promise<KeptPreview | undefined> {
  const { rows } = await trx.raw<{ rows: KeptPreview[] }>(
    `select project_id as "projectId", id, customer_id as "customerId", api_key_id as "apiKeyId", credits, reason,
       lot_expires_at as "lotExpiresAt", debt, frozen, expires_at as "expiresAt", answer,
       clock_timestamp() as now
     from grant_previews where project_id = ? and id = ? for update`,
    [projectId, id],
  );
  return rows[0];
}

/** Keeps what it became. The database refuses a second time, and one that comes too late. */
export async function updateConfirmed(
  trx: Trx,
  { projectId, id, now }: Pick<KeptPreview, "projectId" | "id" | "now">,
  done: { readonly walletId: WalletId; readonly adjustmentId: string; readonly answer: unknown },
): Promise<void> {
  await trx.raw(
    `update grant_previews
     set confirmed_at = ?, wallet_id = ?, adjustment_id = ?, answer = ?::json
     where project_id = ? and id = ?`,
    [now, done.walletId, done.adjustmentId, JSON.stringify(done.answer), projectId, id],
  );
}

/** Deletes some of the project's previews that nobody confirmed and that are over for so many days. */
export async function deleteForgotten(
  trx: Trx,
  projectId: ProjectId,
  { days, limit }: { readonly days: number; readonly limit: number },
): Promise<void> {
  await trx.raw(
    `delete from grant_previews where (project_id, id) in (
       select project_id, id from grant_previews
       where project_id = ? and confirmed_at is null and expires_at < statement_timestamp() - make_interval(days => ?)
       order by expires_at limit ? for update skip locked)`,
    [projectId, days, limit],
  );
}
