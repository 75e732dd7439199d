import { present } from "../kernel/assert.js";
import { newId, type ApiKeyId, type ProjectId } from "../kernel/ids.js";
import type { Database, Trx } from "../platform/db/connect.js";
import { ApiKeyRow, ProjectRow, StripeConnectionRow, WebhookSecretRow } from "./models.js";
import type { Project, ProjectMode } from "./rules.js";

export async function insertProject(
  trx: Database | Trx,
  project: Omit<Project, "createdAt" | "pausedAt" | "pausedBecause">,
): Promise<ProjectRow> {
  return ProjectRow.query(trx).insertAndFetch({
    ...project,
    allowedOrigins: [...project.allowedOrigins],
  });
}

export async function findProject(
  trx: Database | Trx,
  id: ProjectId,
): Promise<ProjectRow | undefined> {
  return ProjectRow.query(trx).findById(id);
}

export async function lockProject(trx: Trx, id: ProjectId): Promise<ProjectRow> {
  return present(
    await ProjectRow.query(trx).findById(id).forUpdate(),
    "a project is never deleted",
  );
}

export async function findProjectByName(
  trx: Database | Trx,
  name: string,
  mode: ProjectMode,
): Promise<ProjectRow | undefined> {
  return ProjectRow.query(trx).findOne({ name, mode });
}

export async function selectProjects(trx: Database | Trx, limit: number): Promise<ProjectRow[]> {
  return ProjectRow.query(trx).orderBy("id").limit(limit);
}

export async function updateAllowedOrigins(
  trx: Database | Trx,
  id: ProjectId,
  allowedOrigins: readonly string[],
): Promise<void> {
  await ProjectRow.query(trx)
    .findById(id)
    .patch({ allowedOrigins: [...allowedOrigins] });
}

/** Answers nothing when it was paused before: the first reason stays. */
export async function updatePaused(
  trx: Trx,
  id: ProjectId,
  because: string,
): Promise<ProjectRow | undefined> {
  return ProjectRow.query(trx)
    .patch({ pausedAt: trx.raw("clock_timestamp()"), pausedBecause: because })
    .where({ id })
    .whereNull("paused_at")
    .returning("*")
    .first();
}

export async function updateResumed(trx: Trx, id: ProjectId): Promise<void> {
  await ProjectRow.query(trx).findById(id).patch({ pausedAt: null, pausedBecause: null });
}

export async function selectPausedProjects(
  db: Database | Trx,
  limit: number,
): Promise<ProjectRow[]> {
  return ProjectRow.query(db).whereNotNull("paused_at").orderBy("paused_at").limit(limit);
}

export async function countPaused(db: Database | Trx): Promise<number> {
  return ProjectRow.query(db).whereNotNull("paused_at").resultSize();
}

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
  return ApiKeyRow.query(trx).where({ project_id: projectId }).orderBy("id").limit(limit);
}

/** Revoking twice keeps the first time. Answers nothing when the project has no such key. */
export async function updateKeyRevoked(
  trx: Database | Trx,
  projectId: ProjectId,
  id: ApiKeyId,
): Promise<ApiKeyRow | undefined> {
  return ApiKeyRow.query(trx)
    .patch({ revokedAt: trx.raw("coalesce(revoked_at, clock_timestamp())") })
    .where({ id, project_id: projectId })
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

export async function findConnection(
  trx: Database | Trx,
  projectId: ProjectId,
): Promise<StripeConnectionRow | undefined> {
  return StripeConnectionRow.query(trx).findOne({ project_id: projectId });
}

export type NewConnection = Pick<
  StripeConnectionRow,
  | "projectId"
  | "livemode"
  | "accountId"
  | "connectedAccount"
  | "secretCiphertext"
  | "secretHint"
  | "endpointId"
>;

/** One connection per project; connecting again replaces the key. */
export async function upsertConnection(
  trx: Database | Trx,
  connection: NewConnection,
): Promise<void> {
  await StripeConnectionRow.query(trx)
    .insert({ ...connection, id: newId("stripeConnection") })
    .onConflict("project_id")
    .merge([
      "livemode",
      "account_id",
      "connected_account",
      "secret_ciphertext",
      "secret_hint",
      "endpoint_id",
    ]);
}

export async function selectWebhookSecrets(
  trx: Database | Trx,
  projectId: ProjectId,
): Promise<WebhookSecretRow[]> {
  return WebhookSecretRow.query(trx)
    .where({ project_id: projectId })
    .where((query) => void query.whereNull("retires_at").orWhere("retires_at", ">", trx.fn.now()))
    .orderBy("created_at", "desc")
    .limit(10);
}

export async function insertWebhookSecret(
  trx: Database | Trx,
  secret: Pick<WebhookSecretRow, "id" | "projectId" | "ciphertext" | "hint">,
): Promise<void> {
  await WebhookSecretRow.query(trx).insert(secret);
}

/**
 * The older secrets stay valid until `retiresAt`, so that events signed before the change still verify. Those to
 * keep are valid for good, also when they were about to retire.
 */
export async function retireWebhookSecrets(
  trx: Database | Trx,
  projectId: ProjectId,
  { keep, retiresAt }: { readonly keep: readonly string[]; readonly retiresAt: Date },
): Promise<void> {
  await WebhookSecretRow.query(trx)
    .patch({ retiresAt: null })
    .where({ project_id: projectId })
    .whereNotNull("retires_at")
    .whereIn("id", [...keep]);
  await WebhookSecretRow.query(trx)
    .patch({ retiresAt })
    .where({ project_id: projectId })
    .whereNull("retires_at")
    .whereNotIn("id", [...keep]);
}

export async function selectConnectedProjects(
  trx: Database | Trx,
  limit: number,
): Promise<readonly ProjectId[]> {
  const rows = await StripeConnectionRow.query(trx)
    .select("project_id")
    .orderBy("project_id")
    .limit(limit);
  return rows.map(({ projectId }) => projectId);
}
