import type { Context } from "../platform/context.js";
import { askStripe } from "../platform/stripe-client/stripe-error.js";
import { storeApiKey } from "./create-api-key.js";
import { canonicalOrigins, createProject } from "./create-project.js";
import { readProjectByName } from "./read-project.js";
import { applicationScopes, type Project, type ProjectMode, type Scope } from "./rules.js";
import { openStripeKey, saveStripeConnection } from "./save-stripe-connection.js";
import { findApiKeyByHashes, findConnection, updateAllowedOrigins } from "./store.js";

/** One project as the environment describes it. */
export interface ProjectSettings {
  readonly name: string;
  readonly mode: ProjectMode;
  readonly allowedOrigins: readonly string[];
  readonly apiKey: { readonly secret: string; readonly scopes?: readonly Scope[] } | undefined;
  readonly stripe:
    | {
        readonly secretKey: string;
        readonly connectedAccount: string | null;
        readonly webhookSecrets: readonly string[];
      }
    | undefined;
}

const actor = "environment";

/**
 * Makes the database say what the environment says, and nothing more: run at every start, it changes only what
 * differs. A key that the environment no longer names keeps working until it is revoked.
 */
export async function configureProject(
  ctx: Pick<Context, "db" | "vault" | "clock" | "stripeClients">,
  settings: ProjectSettings,
): Promise<Project> {
  const { name, mode } = settings;
  const allowedOrigins = canonicalOrigins(settings.allowedOrigins, mode);
  const project =
    (await readProjectByName(ctx, name, mode)) ??
    (await createProject(ctx, { name, mode, allowedOrigins }, actor));
  if (project.allowedOrigins.join() !== allowedOrigins.join())
    await updateAllowedOrigins(ctx.db, project.id, allowedOrigins);
  if (settings.apiKey !== undefined) await ensureApiKey(ctx, project, settings.apiKey);
  if (settings.stripe !== undefined) await ensureStripe(ctx, project, settings.stripe);
  return { ...project, allowedOrigins };
}

async function ensureApiKey(
  ctx: Pick<Context, "db" | "vault">,
  project: Project,
  { secret, scopes = applicationScopes }: NonNullable<ProjectSettings["apiKey"]>,
): Promise<void> {
  const hashes = ctx.vault.digests(secret).map(({ hash }) => hash);
  if ((await findApiKeyByHashes(ctx.db, hashes)) !== undefined) return;
  await ctx.db.transaction((trx) =>
    storeApiKey(ctx, trx, project, { name: "from the environment", scopes, secret }, actor),
  );
}

async function ensureStripe(
  ctx: Pick<Context, "db" | "vault" | "clock" | "stripeClients">,
  project: Project,
  { secretKey, connectedAccount, webhookSecrets }: NonNullable<ProjectSettings["stripe"]>,
): Promise<void> {
  const known = await findConnection(ctx.db, project.id);
  const sameKey =
    known !== undefined &&
    known.connectedAccount === connectedAccount &&
    openStripeKey(ctx, project.id, known.secretCiphertext) === secretKey;
  // A known key needs no call, so that a process starts while Stripe cannot be reached.
  const accountId = sameKey
    ? known.accountId
    : (
        await askStripe(() =>
          ctx.stripeClients({ secretKey, connectedAccount }).accounts.retrieveCurrent(),
        )
      ).id;
  const connection = { secretKey, connectedAccount, webhookSecrets, accountId, endpointId: null };
  await saveStripeConnection(ctx, project, connection, actor);
}
