import { z } from "zod";
import { type Credits, creditsToJson } from "../kernel/credits.js";
import { publicId } from "../kernel/ids.js";
import type { BudgetPart, TokenBudget } from "../limits/rules.js";
import type { Principal } from "../platform/http/principal.js";
import { creditsOut, timeOut } from "../platform/http/schemas.js";
import { type Token, tokenStatuses, tokenStatusOf } from "../tenancy/rules.js";
import type { AgentToken } from "./create-agent-token.js";
import { exampleAgentToken, exampleBearer, exampleNewAgentToken } from "./examples.js";
import type { Bearer } from "./read-bearer.js";

const part = {
  limit: creditsOut.nullable().meta({ description: "Null: no limit of its own." }),
  spent: creditsOut.meta({ description: "Holds count in full until they are given back." }),
  remaining: creditsOut.nullable(),
};

const budgetJson = z
  .object({
    perCall: creditsOut.nullable().meta({
      description: "With one event, hold or capture, not one HTTP call. Null: no limit of its own.",
    }),
    perDay: z
      .object({ ...part, resetsAt: timeOut })
      .meta({ description: "A day of the calendar in UTC." }),
    total: z.object(part),
  })
  .meta({
    id: "AgentBudget",
    description: "What the token may take of its wallet, and has taken.",
  });

const tokenFields = {
  id: z.string().meta({ description: "Names the token; it is no secret." }),
  customerId: z.string().meta({ description: "The one customer that the agent acts for." }),
  name: z.string(),
  hint: z.string().meta({ description: "How the token begins and ends." }),
  status: z.enum(tokenStatuses),
  tools: z.array(z.string()).meta({ description: "What it may do, by the names of MCP tools." }),
  namesPrices: z.boolean().meta({
    description: "Whether it may say itself what an event costs, instead of the rate card.",
  }),
  budget: budgetJson,
  createdAt: timeOut,
  expiresAt: timeOut,
  lastUsedAt: timeOut.nullable(),
  revokedAt: timeOut.nullable(),
};

export const agentTokenJson = z
  .object(tokenFields)
  .meta({ id: "AgentToken", examples: [exampleAgentToken] });

export const newAgentTokenJson = z
  .object({
    ...tokenFields,
    token: z.string().meta({
      description:
        "The bearer that the agent sends. It is shown now and by a replay with the same Idempotency-Key, and cannot be read again.",
    }),
  })
  .meta({ id: "NewAgentToken", examples: [exampleNewAgentToken] });

export const bearerJson = z
  .object({
    kind: z.enum(["secret", "agent", "operator"]),
    id: z.string(),
    name: z.string(),
    projectId: z.string(),
    mode: z.enum(["test", "live"]),
    scopes: z.array(z.string()),
    tools: z
      .array(z.string())
      .nullable()
      .meta({ description: "Null for secret keys, which are not restricted to tools." }),
    customerId: z
      .string()
      .nullable()
      .meta({ description: "The one customer of an agent's token." }),
    budget: budgetJson.nullable().meta({ description: "Of an agent's token." }),
    expiresAt: timeOut.nullable(),
  })
  .meta({ id: "Bearer", examples: [exampleBearer] });

export function renderAgentToken({ token, budget }: AgentToken): z.output<typeof agentTokenJson> {
  return {
    ...renderToken(token),
    customerId: token.customerId ?? "",
    namesPrices: token.scopes.includes("usage:price"),
    budget: renderBudget(budget),
  };
}

/** What tokens of agents and of operators have in common. */
export function renderToken(token: Token) {
  const { id, name, hint, tools, createdAt, expiresAt, lastUsedAt, revokedAt } = token;
  return {
    id: publicId("apiKey", id),
    name,
    hint,
    status: tokenStatusOf(token),
    tools: [...tools],
    createdAt: createdAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
    lastUsedAt: lastUsedAt?.toISOString() ?? null,
    revokedAt: revokedAt?.toISOString() ?? null,
  };
}

export function renderBudget({ perCall, perDay, total }: TokenBudget): z.output<typeof budgetJson> {
  return {
    perCall: inJson(perCall),
    perDay: { ...renderPart(perDay), resetsAt: perDay.resetsAt.toISOString() },
    total: renderPart(total),
  };
}

function renderPart({ limit, spent, remaining }: BudgetPart) {
  return { limit: inJson(limit), spent: creditsToJson(spent), remaining: inJson(remaining) };
}

function inJson(amount: Credits | null): number | null {
  return amount === null ? null : creditsToJson(amount);
}

export function renderBearer(
  principal: Principal,
  { name, budget, expiresAt }: Bearer,
): z.output<typeof bearerJson> {
  return {
    kind: principal.kind,
    id: publicId("apiKey", principal.keyId),
    name,
    projectId: publicId("project", principal.projectId),
    mode: principal.mode,
    scopes: [...principal.scopes],
    tools: principal.kind === "secret" ? null : [...principal.tools],
    customerId: principal.kind === "agent" ? principal.customerId : null,
    budget: budget === null ? null : renderBudget(budget),
    expiresAt: expiresAt?.toISOString() ?? null,
  };
}
