import { present } from "../kernel/assert.js";
import type { ApiKeyId, ProjectId } from "../kernel/ids.js";
import type { Page } from "../kernel/page.js";
import { readTokenBudget, readTokenBudgets } from "../limits/read-token-budget.js";
import type { Database } from "../platform/db/connect.js";
import { listTokens, readToken, type TokensAsked } from "../tenancy/read-tokens.js";
import type { AgentToken } from "./create-agent-token.js";

/** @throws Refusal `not_found` */
export async function readAgentToken(
  db: Database,
  projectId: ProjectId,
  id: ApiKeyId,
): Promise<AgentToken> {
  const token = await readToken(db, projectId, id, "agent");
  return { token, budget: await readTokenBudget(db, id) };
}

/** The newest first, those that have ended included. */
export async function listAgentTokens(
  db: Database,
  projectId: ProjectId,
  asked: Omit<TokensAsked, "kind">,
): Promise<Page<AgentToken>> {
  const page = await listTokens(db, projectId, { ...asked, kind: "agent" });
  const budgets = await readTokenBudgets(
    db,
    page.data.map(({ id }) => id),
  );
  const data = page.data.map((token) => ({
    token,
    budget: present(budgets.get(token.id), "an agent's token has a budget"),
  }));
  return { ...page, data };
}
