import { type Credits, creditsToJson } from "../kernel/credits.js";
import type { ApiKeyId } from "../kernel/ids.js";
import { approvedOrThrow } from "../kernel/verdict.js";
import { openWallet } from "../ledger/open-wallet.js";
import { isKeyLimited } from "../limits/read-limits.js";
import { readTokenBudget } from "../limits/read-token-budget.js";
import type { TokenBudget } from "../limits/rules.js";
import { setTokenBudget } from "../limits/set-token-budget.js";
import type { Context } from "../platform/context.js";
import type { Database, Trx } from "../platform/db/connect.js";
import { createToken, type CreatedToken } from "../tenancy/create-token.js";
import { lockKeyInForce } from "../tenancy/lock-key-in-force.js";
import type { Project, Scope, Token } from "../tenancy/rules.js";
import { type AgentTokenTerms, decideScopes } from "./decide-scopes.js";

export interface AgentTokenOrder extends AgentTokenTerms {
  readonly customerId: string;
  readonly name: string;
  /** By the database's clock. */
  readonly expiresInSeconds: number;
}

/** Who makes a token, and what they may give. */
export interface Maker {
  readonly actor: string;
  /** The key that asks; `null` for operators at the command line. */
  readonly keyId: ApiKeyId | null;
  readonly scopes: ReadonlySet<string>;
}

/** An agent's token, and what is left of its budget. */
export interface AgentToken<T extends Token = Token> {
  readonly token: T;
  readonly budget: TokenBudget;
}

/**
 * A token for an agent that acts for one customer, whose wallet opens on first touch. Its budget is there in the same
 * transaction, and is fixed.
 *
 * @throws Refusal `invalid_request` without a budget, `forbidden` for what the maker may not do, or when it has spend
 *   limits; `unauthenticated` when it was revoked
 */
export async function createAgentToken(
  ctx: Pick<Context, "vault">,
  trx: Trx,
  project: Pick<Project, "id" | "mode">,
  order: AgentTokenOrder,
  maker: Maker,
): Promise<AgentToken<CreatedToken>> {
  // First, so that what is read of the key stays true.
  if (maker.keyId !== null) await lockKeyInForce(trx, project.id, maker.keyId);
  const scopes = await grantable(trx, order, maker);
  const { customerId, name, tools, perCall, perDay, total, expiresInSeconds } = order;
  const wallet = await openWallet(trx, project.id, customerId);
  const spendable = { perCall, perDay, total };
  const terms = {
    kind: "agent",
    name,
    walletId: wallet.id,
    scopes,
    tools,
    expiresInSeconds,
    madeBy: maker.keyId,
  } as const;
  const shown = { perCall: inJson(perCall), perDay: inJson(perDay), total: inJson(total) };
  const audited = { ...terms, details: { budget: shown } };
  const token = await createToken(ctx, trx, project, audited, maker.actor);
  const of = { projectId: project.id, keyId: token.id, walletId: wallet.id };
  await setTokenBudget(trx, { ...of, ...spendable, endsAt: token.expiresAt });
  return { token, budget: await readTokenBudget(trx, token.id) };
}

/**
 * The scopes that the token would have.
 *
 * @throws Refusal as {@link createAgentToken}
 */
export async function grantable(
  db: Database | Trx,
  terms: AgentTokenTerms,
  { keyId, scopes }: Maker,
): Promise<readonly Scope[]> {
  const limited = keyId !== null && (await isKeyLimited(db, keyId));
  return approvedOrThrow(decideScopes(terms, { scopes, limited }));
}

function inJson(amount: Credits | null): number | null {
  return amount === null ? null : creditsToJson(amount);
}
