import { newId, type ProjectId } from "../../kernel/ids.js";
import type { Database, Trx } from "../../platform/db/connect.js";
import { StripeConnectionRow, WebhookSecretRow } from "../models.js";

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
