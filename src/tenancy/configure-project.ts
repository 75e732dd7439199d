import { Refusal } from "../kernel/refusals.js";
import type { Context } from "../platform/context.js";
import type { Trx } from "../platform/db/connect.js";
import { askStripe } from "../platform/stripe-client/stripe-error.js";
import { storeApiKey } from "./create-api-key.js";
import { canonicalOrigins, createProject } from "./create-project.js";
import { readProjectByName } from "./read-project.js";
import { recordAudit } from "./record-audit.js";
import {
  type ApiKey,
  applicationScopes,
  type Project,
  type ProjectMode,
  type Scope,
} from "./rules.js";
import { openStripeKey, saveStripeConnection } from "./save-stripe-connection.js";
import { findApiKeyByHashes } from "./store/keys.js";
import { lockProject, updateAllowedOrigins } from "./store/projects.js";
import { findConnection } from "./store/stripe.js";

/** One project as the environment describes it. */
export interface ProjectSettings {
  readonly name: string;
  readonly mode: ProjectMode;
  /** `undefined` leaves a project the origins that it has. */
  readonly allowedOrigins: readonly string[] | undefined;
  readonly apiKey: { readonly secret: string; readonly scopes?: readonly Scope[] } | undefined;
  readonly stripe:
    | {
        readonly secretKey: string;
        readonly connectedAccount: string | null;
        readonly webhookSecrets: readonly string[];
      }
    | undefined;
}

type ConfigureContext = Pick<Context, "db" | "vault" | "clock" | "stripeClients">;
type StripeSettings = NonNullable<ProjectSettings["stripe"]>;

const actor = "environment";

/**
 * Makes the database say what the environment says, and nothing more: run at every start, it changes only what
 * differs, and processes that start at once take turns. A key that the environment no longer names keeps working
 * until it is revoked.
 *
 * Refuses with `invalid_configuration` an API key that is revoked or belongs to another project, and changes nothing.
 */
export async function configureProject(
  ctx: ConfigureContext,
  settings: ProjectSettings,
): Promise<Project> {
  const { stripe, apiKey } = settings;
  // Stripe is asked before the transaction, so that no lock waits for the network.
  const accountId = stripe === undefined ? undefined : await readAccountId(ctx, settings, stripe);
  return ctx.db.transaction(async (trx) => {
    await trx.raw("select pg_advisory_xact_lock(hashtext('chargly.configure'))");
    const locked = { ...ctx, db: trx };
    const project = await ensureProject(locked, trx, settings);
    if (apiKey !== undefined) await ensureApiKey(ctx, trx, project, apiKey);
    if (stripe !== undefined && accountId !== undefined) {
      const connection = { ...stripe, accountId, endpointId: null };
      await saveStripeConnection(locked, project, connection, actor);
    }
    return project;
  });
}

async function ensureProject(
  ctx: Pick<Context, "db">,
  trx: Trx,
  { name, mode, allowedOrigins }: ProjectSettings,
): Promise<Project> {
  const wanted = allowedOrigins && canonicalOrigins(allowedOrigins, mode);
  const found = await readProjectByName(ctx, name, mode);
  if (found === undefined)
    return createProject(ctx, { name, mode, allowedOrigins: wanted ?? [] }, actor);
  // Locked, because an operator may be adding origins at this moment.
  const project = await lockProject(trx, found.id);
  if (wanted === undefined || project.allowedOrigins.join() === wanted.join()) return project;
  await updateAllowedOrigins(trx, project.id, wanted);
  await recordAudit(trx, {
    projectId: project.id,
    actor,
    action: "project.set_origins",
    subject: name,
    details: { from: project.allowedOrigins, to: wanted },
  });
  return { ...project, allowedOrigins: wanted };
}

async function ensureApiKey(
  ctx: Pick<Context, "vault">,
  trx: Trx,
  project: Project,
  { secret, scopes = applicationScopes }: NonNullable<ProjectSettings["apiKey"]>,
): Promise<void> {
  const hashes = ctx.vault.digests(secret).map(({ hash }) => hash);
  const known = await findApiKeyByHashes(trx, hashes);
  if (known !== undefined) return refuseUnusable(known, project);
  await storeApiKey(ctx, trx, project, { name: "from the environment", scopes, secret }, actor);
}

/** Started with such a key, the application would be refused, or would work on another project's wallets. */
function refuseUnusable(key: ApiKey, project: Project): void {
  const isForeign = key.projectId !== project.id;
  if (!isForeign && key.revokedAt === null) return;
  throw new Refusal("invalid_configuration", {
    detail: isForeign
      ? `PROJECT_API_KEY (${key.hint}) is a key of another project than "${project.name}". Set PROJECT_NAME to the name of that project, or PROJECT_API_KEY to a new key.`
      : `PROJECT_API_KEY (${key.hint}) was revoked. Set PROJECT_API_KEY to a new key, or remove it.`,
  });
}

/** The account of the key. A known key needs no call, so that a process starts while Stripe cannot be reached. */
async function readAccountId(
  ctx: ConfigureContext,
  { name, mode }: ProjectSettings,
  { secretKey, connectedAccount }: StripeSettings,
): Promise<string> {
  const project = await readProjectByName(ctx, name, mode);
  const known = project === undefined ? undefined : await findConnection(ctx.db, project.id);
  if (
    known !== undefined &&
    known.connectedAccount === connectedAccount &&
    openStripeKey(ctx, known.projectId, known.secretCiphertext) === secretKey
  )
    return known.accountId;
  const stripe = ctx.stripeClients({ secretKey, connectedAccount });
  return (await askStripe(() => stripe.accounts.retrieveCurrent())).id;
}
