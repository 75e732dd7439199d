import type { Context } from "../platform/context.js";
import { inTransaction } from "../platform/db/transaction.js";
import { createToken, type CreatedToken } from "../tenancy/create-token.js";
import type { Project } from "../tenancy/rules.js";
import { type OperatorTool, scopesOfTools } from "./rules.js";

/** A token for an operator's agent. It has no budget, since none of its tools spends; only the command line makes one. */
export async function createOperatorToken(
  ctx: Pick<Context, "db" | "vault">,
  project: Pick<Project, "id" | "mode">,
  order: {
    readonly name: string;
    readonly tools: readonly OperatorTool[];
    readonly expiresInSeconds: number;
  },
  actor: string,
): Promise<CreatedToken> {
  const scopes = scopesOfTools(order.tools);
  const terms = { kind: "operator", walletId: null, scopes, ...order } as const;
  return inTransaction(ctx.db, (trx) => createToken(ctx, trx, project, terms, actor));
}
