import type { ApiKeyId, ProjectId } from "../../kernel/ids.js";
import type { Database, Trx } from "../../platform/db/connect.js";
import { ApiKeyRow } from "../models.js";
import type { KeyKind, Token, TokenKind } from "../rules.js";

export type NewApiKey = Pick<
  ApiKeyRow,
  "id" | "projectId" | "name" | "hint" | "hash" | "hashKeyId" | "scopes"
> & {
  readonly token?: Pick<Token, "kind" | "walletId"> & {
    readonly tools: string[];
    readonly expiresInSeconds: number;
    readonly madeBy: ApiKeyId | null;
  };
};

export async function insertApiKey(
  trx: Database | Trx,
  { token, ...key }: NewApiKey,
): Promise<ApiKeyRow> {
  if (token === undefined) return ApiKeyRow.query(trx).insertAndFetch(key);
  const { expiresInSeconds, ...terms } = token;
  const expiresAt = trx.raw("clock_timestamp() + make_interval(secs => ?)", [expiresInSeconds]);
  return ApiKeyRow.query(trx).insertAndFetch({ ...key, ...terms, expiresAt });
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

/** Until the transaction ends the key is neither revoked nor given limits; several may hold this lock at once. */
export async function lockApiKeyShared(
  trx: Trx,
  projectId: ProjectId,
  id: ApiKeyId,
): Promise<ApiKeyRow | undefined> {
  return ApiKeyRow.query(trx).findOne({ id, project_id: projectId }).forShare();
}

export interface TokenFilter {
  readonly id?: ApiKeyId | undefined;
  readonly kind?: TokenKind | undefined;
  readonly customerId?: string | undefined;
  readonly idBefore?: ApiKeyId | undefined;
  readonly limit: number;
}

/** Tokens of a project, the newest first, each with its customer. */
export async function selectTokens(
  trx: Database | Trx,
  projectId: ProjectId,
  { id, kind, customerId, idBefore, limit }: TokenFilter,
): Promise<Token[]> {
  const query = trx<Token>("api_keys as k")
    .leftJoin("wallets as w", "w.id", "k.wallet_id")
    .where("k.project_id", projectId)
    .whereNot("k.kind", "secret")
    .orderBy("k.id", "desc")
    .limit(limit)
    .select(tokenColumns)
    .select(trx.raw("k.expires_at <= clock_timestamp() as expired"));
  if (id !== undefined) query.where("k.id", id);
  if (kind !== undefined) query.where("k.kind", kind);
  if (customerId !== undefined) query.where("w.customer_id", customerId);
  if (idBefore !== undefined) query.where("k.id", "<", idBefore);
  return query;
}

const tokenColumns = {
  id: "k.id",
  projectId: "k.project_id",
  kind: "k.kind",
  walletId: "k.wallet_id",
  customerId: "w.customer_id",
  name: "k.name",
  hint: "k.hint",
  scopes: "k.scopes",
  tools: "k.tools",
  createdAt: "k.created_at",
  expiresAt: "k.expires_at",
  lastUsedAt: "k.last_used_at",
  revokedAt: "k.revoked_at",
};

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

/** Revokes the tokens in force that a key made, and answers which; by their ids. */
export async function updateTokensRevoked(trx: Trx, madeBy: ApiKeyId): Promise<ApiKeyId[]> {
  const rows = await ApiKeyRow.query(trx)
    .patch({ revokedAt: trx.raw("clock_timestamp()") })
    .where({ made_by: madeBy })
    .whereNull("revoked_at")
    .whereRaw("expires_at > clock_timestamp()")
    .returning("id");
  return rows.map(({ id }) => id).toSorted();
}

/** At most once a minute, so that a busy key does not rewrite its row all the time. */
export async function touchApiKey(db: Database, id: ApiKeyId): Promise<void> {
  await db.raw(
    `update api_keys set last_used_at = clock_timestamp()
     where id = ? and (last_used_at is null or last_used_at < clock_timestamp() - interval '1 minute')`,
    [id],
  );
}
