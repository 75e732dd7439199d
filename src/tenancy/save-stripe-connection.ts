import { randomUUID } from "node:crypto";
import { assert } from "../kernel/assert.js";
import { type ProjectId, publicId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusals.js";
import type { Context } from "../platform/context.js";
import type { Trx } from "../platform/db/connect.js";
import { recordAudit } from "./record-audit.js";
import { type Project, secretHint, stripeKeyMode } from "./rules.js";
import {
  findConnection,
  insertWebhookSecret,
  retireWebhookSecrets,
  selectWebhookSecrets,
  upsertConnection,
} from "./store/stripe.js";

export interface StripeConnectionInput {
  /** A secret key (`sk_…`) or a restricted key (`rk_…`) of the project's mode. */
  readonly secretKey: string;
  /** The account the key belongs to, or the connected account when there is one. */
  readonly accountId: string;
  readonly connectedAccount: string | null;
  readonly endpointId: string | null;
  /** Signing secrets that are valid from now on. Older ones stay valid for a while; none given changes nothing. */
  readonly webhookSecrets: readonly string[];
}

/** Events signed just before a rotation are retried by Stripe for up to three days. */
const retireAfterMs = 3 * 24 * 3_600_000;

/** Names what a ciphertext may be opened for, so that a row copied to another project does not open. */
const sealContext = (projectId: ProjectId, what: "stripe_key" | "webhook_secret") =>
  `${what}:${projectId}`;

/** Stores how a project reaches Stripe, encrypted. Saving the same again changes nothing. */
export async function saveStripeConnection(
  ctx: Pick<Context, "db" | "vault" | "clock">,
  project: Pick<Project, "id" | "mode">,
  input: StripeConnectionInput,
  actor: string,
): Promise<void> {
  if (stripeKeyMode(input.secretKey) !== project.mode)
    throw new Refusal("conflict", {
      param: "secretKey",
      detail: `The project is a ${project.mode} project, so its Stripe key starts with sk_${project.mode}_ or rk_${project.mode}_.`,
    });
  await ctx.db.transaction(async (trx) => {
    const changed = await storeKey(ctx, trx, project, input);
    const rotated = await storeWebhookSecrets(ctx, trx, project.id, input.webhookSecrets);
    if (!changed && !rotated) return;
    await recordAudit(trx, {
      projectId: project.id,
      actor,
      action: "stripe.connect",
      subject: publicId("project", project.id),
      details: { account: input.accountId, key: secretHint(input.secretKey), rotated },
    });
  });
}

async function storeKey(
  ctx: Pick<Context, "vault">,
  trx: Trx,
  { id: projectId, mode }: Pick<Project, "id" | "mode">,
  input: StripeConnectionInput,
): Promise<boolean> {
  const known = await findConnection(trx, projectId);
  const { accountId, connectedAccount, secretKey } = input;
  const endpointId = input.endpointId ?? known?.endpointId ?? null;
  if (known !== undefined && openStripeKey(ctx, projectId, known.secretCiphertext) === secretKey) {
    const same = known.accountId === accountId && known.connectedAccount === connectedAccount;
    if (same && known.endpointId === endpointId) return false;
  }
  await upsertConnection(trx, {
    projectId,
    livemode: mode === "live",
    accountId,
    connectedAccount,
    secretCiphertext: ctx.vault.seal(secretKey, sealContext(projectId, "stripe_key")),
    secretHint: secretHint(secretKey),
    endpointId,
  });
  return true;
}

async function storeWebhookSecrets(
  ctx: Pick<Context, "vault" | "clock">,
  trx: Trx,
  projectId: ProjectId,
  secrets: readonly string[],
): Promise<boolean> {
  if (secrets.length === 0) return false;
  const known = await selectWebhookSecrets(trx, projectId);
  const opened = known.map((row) => ({
    id: row.id,
    retiring: row.retiresAt !== null,
    secret: openWebhookSecret(ctx, projectId, row.ciphertext),
  }));
  const kept = opened.filter(({ secret }) => secrets.includes(secret));
  const fresh = secrets.filter((secret) => !opened.some((row) => row.secret === secret));
  const added: string[] = [];
  for (const secret of fresh) {
    assert(secret.startsWith("whsec_"), "a webhook secret starts with whsec_");
    const id = randomUUID();
    const ciphertext = ctx.vault.seal(secret, sealContext(projectId, "webhook_secret"));
    await insertWebhookSecret(trx, { id, projectId, ciphertext, hint: secretHint(secret) });
    added.push(id);
  }
  const keep = [...kept.map(({ id }) => id), ...added];
  const retiresAt = new Date(ctx.clock.nowMs() + retireAfterMs);
  await retireWebhookSecrets(trx, projectId, { keep, retiresAt });
  return fresh.length > 0 || kept.some(({ retiring }) => retiring);
}

export function openStripeKey(
  { vault }: Pick<Context, "vault">,
  projectId: ProjectId,
  ciphertext: Buffer,
): string {
  return vault.open(ciphertext, sealContext(projectId, "stripe_key"));
}

export function openWebhookSecret(
  { vault }: Pick<Context, "vault">,
  projectId: ProjectId,
  ciphertext: Buffer,
): string {
  return vault.open(ciphertext, sealContext(projectId, "webhook_secret"));
}
