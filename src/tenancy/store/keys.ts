import type { ApiKeyId, ProjectId } from "../../kernel/ids.js";
import type { Database, Trx } from "../../platform/db/connect.js";
import { ApiKeyRow } from "../models.js";
import type { KeyKind } from "../rules.js";

export type NewApiKey = Pick<
  ApiKeyRow,
  "id" | "projectId" | "name" | "hint" | "hash" | "hashKeyId" | "scopes"
>;

export async function insertApiKey(trx: Database | Trx, key: NewApiKey): Promise<ApiKeyRow> {
  return ApiKeyRow.query(trx).insertAndFetch(key);
}

export async function findApiKeyByHashes(
  trx: Database | Trx,
  hashes: readonly Buffer[],
): Promise<ApiKeyRow | undefined> {
  return ApiKeyRow.query(trx)
    .whereIn("hash", [...hashes])
    .first();
}

/** Neither revoked nor expired, by the database's clock. */
export async function findKeyInForce(
  trx: Database | Trx,
  hashes: readonly Buffer[],
): Promise<ApiKeyRow | undefined> {
  return ApiKeyRow.query(trx)
    .whereIn("hash", [...hashes])
    .whereNull("revoked_at")
    .whereRaw("(expires_at is null or expires_at > clock_timestamp())")
    .first();
}

export async function selectApiKeys(
  trx: Database | Trx,
  projectId: ProjectId,
  limit: number,
): Promise<ApiKeyRow[]> {
  return ApiKeyRow.query(trx)
    .where({ project_id: projectId, kind: "secret" })
    .orderBy("id")
    .limit(limit);
}

export async function findApiKey(
  trx: Database | Trx,
  projectId: ProjectId,
  id: ApiKeyId,
): Promise<ApiKeyRow | undefined> {
  return ApiKeyRow.query(trx).findOne({ id, project_id: projectId });
}

/** Revoking twice keeps the first time. Answers nothing when the project has no such key of that kind. */
export async function updateKeyRevoked(
  trx: Database | Trx,
  projectId: ProjectId,
  id: ApiKeyId,
  kind: KeyKind,
): Promise<ApiKeyRow | undefined> {
  return ApiKeyRow.query(trx)
    .patch({ revokedAt: trx.raw("coalesce(revoked_at, clock_timestamp())") })
    .where({ id, project_id: projectId, kind })
    .returning("*")
    .first();
}

/** At most once a minute, so that a busy key does not rewrite its row all the time. */
export async function touchApiKey(db: Database, id: ApiKeyId): Promise<void> {
  await db.raw(
    `update api_keys set last_used_at = clock_timestamp()
     where id = ? and (last_used_at is null or last_used_at < clock_timestamp() - interval '1 minute')`,
    [id],
  );
}
