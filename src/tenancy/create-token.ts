import { type ApiKeyId, newId, publicId, type WalletId } from "../kernel/ids.js";
import type { Context } from "../platform/context.js";
import type { Trx } from "../platform/db/connect.js";
import { newSecret } from "./create-api-key.js";
import { readToken } from "./read-tokens.js";
import { recordAudit } from "./record-audit.js";
import { type Project, type Scope, secretHint, type Token, type TokenKind } from "./rules.js";
import { insertApiKey } from "./store/keys.js";

/** What a new token may do, and for how long. */
export interface TokenTerms {
  readonly kind: TokenKind;
  readonly name: string;
  /** An agent's one wallet, of the same project; `null` for an operator's token. */
  readonly walletId: WalletId | null;
  readonly scopes: readonly Scope[];
  readonly tools: readonly string[];
  /** By the database's clock. */
  readonly expiresInSeconds: number;
  /** The key that makes it; operators have none. */
  readonly madeBy?: ApiKeyId | null;
  /** Further facts for the audit log, such as the budget. */
  readonly details?: Readonly<Record<string, unknown>>;
}

export interface CreatedToken extends Token {
  /** The token itself. It is known now and never again: only its HMAC is kept. */
  readonly secret: string;
}

/** A new random token for the project, in the transaction that also gives it what it may spend. */
export async function createToken(
  ctx: Pick<Context, "vault">,
  trx: Trx,
  project: Pick<Project, "id" | "mode">,
  terms: TokenTerms,
  actor: string,
): Promise<CreatedToken> {
  const { kind, name, walletId, scopes, tools, expiresInSeconds, madeBy = null, details } = terms;
  const secret = newSecret({ kind, mode: project.mode });
  const { hash, keyId: hashKeyId } = ctx.vault.digest(secret);
  const id = newId("apiKey");
  const row = { id, projectId: project.id, name, hint: secretHint(secret), hash, hashKeyId };
  await insertApiKey(trx, {
    ...row,
    scopes: [...scopes],
    token: { kind, walletId, tools: [...tools], expiresInSeconds, madeBy },
  });
  const wallet = walletId === null ? {} : { walletId: publicId("wallet", walletId) };
  await recordAudit(trx, {
    projectId: project.id,
    actor,
    action: `${kind}_token.create`,
    subject: publicId("apiKey", id),
    details: { name, ...wallet, tools, scopes, expiresInSeconds, ...details },
  });
  return { ...(await readToken(trx, project.id, id)), secret };
}
