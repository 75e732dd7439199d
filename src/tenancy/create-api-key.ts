import { randomBytes } from "node:crypto";
import { assert } from "../kernel/assert.js";
import { newId } from "../kernel/ids.js";
import type { Context } from "../platform/context.js";
import type { Trx } from "../platform/db/connect.js";
import { recordAudit } from "./record-audit.js";
import {
  type ApiKey,
  type KeyForm,
  keyFormOf,
  keyPrefix,
  type Project,
  type Scope,
  secretHint,
} from "./rules.js";
import { insertApiKey } from "./store/keys.js";

const keyBytes = 24;

export interface CreatedApiKey extends ApiKey {
  /** The key itself. It is shown now and never again: only its HMAC is kept. */
  readonly secret: string;
}

/** A new random key for the project. */
export async function createApiKey(
  ctx: Pick<Context, "db" | "vault">,
  project: Pick<Project, "id" | "mode">,
  { name, scopes }: { readonly name: string; readonly scopes: readonly Scope[] },
  actor: string,
): Promise<CreatedApiKey> {
  const secret = newSecret({ kind: "secret", mode: project.mode });
  const key = await ctx.db.transaction((trx) =>
    storeApiKey(ctx, trx, project, { name, scopes, secret }, actor),
  );
  return { ...key, secret };
}

/** Stores a key that was made elsewhere, as the environment's `PROJECT_API_KEY` is. */
export async function storeApiKey(
  ctx: Pick<Context, "vault">,
  trx: Trx,
  project: Pick<Project, "id" | "mode">,
  key: { readonly name: string; readonly scopes: readonly Scope[]; readonly secret: string },
  actor: string,
): Promise<ApiKey> {
  const form = keyFormOf(key.secret);
  assert(form?.mode === project.mode, "a key has the mode of its project");
  assert(form.kind === "secret", "a token is no secret key");
  const { hash, keyId } = ctx.vault.digest(key.secret);
  const row = await insertApiKey(trx, {
    id: newId("apiKey"),
    projectId: project.id,
    name: key.name,
    hint: secretHint(key.secret),
    hash,
    hashKeyId: keyId,
    scopes: [...key.scopes],
  });
  await recordAudit(trx, {
    projectId: project.id,
    actor,
    action: "api_key.create",
    subject: row.hint,
    details: { name: key.name, scopes: key.scopes },
  });
  return row;
}

export function newSecret(form: KeyForm): string {
  return keyPrefix(form) + randomBytes(keyBytes).toString("hex");
}
