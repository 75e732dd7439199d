import { z } from "zod";
import { publicId } from "../kernel/ids.js";
import type { Context } from "../platform/context.js";
import { answerOnce } from "../platform/http/idempotency/answer-once.js";
import type { Principal } from "../platform/http/principal.js";
import { reply } from "../platform/http/reply.js";
import { defineRoute } from "../platform/http/route.js";
import {
  customerId,
  lineOfText,
  nonNegativeCredits,
  pageOf,
  pageQuery,
  publicIdOf,
} from "../platform/http/schemas.js";
import { createAgentToken, grantable } from "./create-agent-token.js";
import { endToken } from "./end-token.js";
import { listAgentTokens, readAgentToken } from "./read-agent-tokens.js";
import { readBearer } from "./read-bearer.js";
import {
  agentTokenJson,
  bearerJson,
  newAgentTokenJson,
  renderAgentToken,
  renderBearer,
} from "./render.js";
import {
  lifeSecondsDefault,
  lifeSecondsMax,
  lifeSecondsMin,
  tokenNameLengthMax,
  walletToolNames,
} from "./rules.js";
import { openToken, sealToken } from "./seal-secret.js";

type AgentContext = Pick<Context, "db" | "vault">;

const tags = ["Agents"];
const handing = { scopes: ["agents:write"] };
const ofToken = z.object({ id: publicIdOf("apiKey") });
const actorOf = ({ keyId }: Principal) => publicId("apiKey", keyId);

const limit = (what: string) =>
  nonNegativeCredits.nullish().meta({ description: `Credits that it may take ${what}, at most.` });

const createRoute = defineRoute<AgentContext>()({
  method: "post",
  path: "/v1/agent-tokens",
  operationId: "agentTokens.create",
  summary: "Make an agent's token",
  description:
    "A bearer for an agent that acts for one customer: for REST and for MCP, with these tools, within this budget, until it expires. Give at least one of perCall, perDay and total. Holds count in full, and what they give back is free again. A budget is fixed; make another token for another one. The asking key can only give what it may do itself, and none that has spend limits makes tokens. The token is answered once, and again to the same Idempotency-Key within a day.",
  tags,
  auth: handing,
  idempotent: true,
  exactNumbers: true,
  body: z.object({
    customerId,
    name: lineOfText(tokenNameLengthMax).meta({
      description: "What the agent is, for people.",
      examples: ["research assistant"],
    }),
    tools: z
      .array(z.enum(walletToolNames))
      .min(1)
      .max(walletToolNames.length)
      .optional()
      .meta({ description: "Names of MCP tools. All of them when left out." }),
    perCall: limit("with one event, hold or capture"),
    perDay: limit("per day of the calendar in UTC"),
    total: limit("in all"),
    expiresInSeconds: z.int().min(lifeSecondsMin).max(lifeSecondsMax).default(lifeSecondsDefault),
    namesPrices: z.boolean().default(false).meta({
      description:
        "Let it say itself what an event costs, instead of the rate card. The budget holds all the same.",
    }),
  }),
  response: { 201: newAgentTokenJson },
  example: { customerId: "user_123", name: "research assistant", perCall: 5, perDay: 50 },
  handle: async ({ ctx, body, principal, idempotency }) => {
    const { projectId: id, mode, scopes } = principal;
    const { tools = walletToolNames, perCall = null, perDay = null, total = null } = body;
    const order = { ...body, tools: [...new Set(tools)], perCall, perDay, total };
    const maker = { actor: actorOf(principal), keyId: principal.keyId, scopes };
    // Before the answer that is kept: it may be another key's, which may do more.
    await grantable(ctx.db, order, maker);
    const answered = await answerOnce(ctx.db, idempotency, async (trx) => {
      const made = await createAgentToken(ctx, trx, { id, mode }, order, maker);
      const json = { ...renderAgentToken(made), token: made.token.secret };
      return reply.created(sealToken(ctx.vault, json));
    });
    return openToken(ctx.vault, answered);
  },
});

const listRoute = defineRoute<AgentContext>()({
  method: "get",
  path: "/v1/agent-tokens",
  operationId: "agentTokens.list",
  summary: "List agents' tokens",
  description: "The newest first, those that have ended included. Without their secrets.",
  tags,
  auth: handing,
  query: z.object({ ...pageQuery, customerId: customerId.optional() }),
  response: { 200: pageOf(agentTokenJson) },
  handle: async ({ ctx, query: { limit: size, ...asked }, principal }) => {
    const page = await listAgentTokens(ctx.db, principal.projectId, { ...asked, size });
    return reply.ok({ ...page, data: page.data.map(renderAgentToken) });
  },
});

const readRoute = defineRoute<AgentContext>()({
  method: "get",
  path: "/v1/agent-tokens/:id",
  operationId: "agentTokens.get",
  summary: "Read an agent's token",
  description: "With what is left of its budget; without its secret.",
  tags,
  auth: handing,
  params: ofToken,
  response: { 200: agentTokenJson },
  refusals: ["not_found"],
  handle: async ({ ctx, params, principal }) =>
    reply.ok(renderAgentToken(await readAgentToken(ctx.db, principal.projectId, params.id))),
});

const revokeRoute = defineRoute<AgentContext>()({
  method: "post",
  path: "/v1/agent-tokens/:id/revoke",
  operationId: "agentTokens.revoke",
  summary: "Revoke an agent's token",
  description:
    "For good. From the answer on nothing is spent with it, and within a second it is unknown everywhere. What is left of its holds can still be captured or released with other keys. Revoking it again changes nothing.",
  tags,
  auth: handing,
  params: ofToken,
  response: { 200: agentTokenJson },
  refusals: ["not_found"],
  example: {},
  handle: async ({ ctx, params: { id }, principal }) => {
    const { projectId } = principal;
    await endToken(ctx.db, projectId, id, { actor: actorOf(principal), kind: "agent" });
    return reply.ok(renderAgentToken(await readAgentToken(ctx.db, projectId, id)));
  },
});

const selfRoute = defineRoute<AgentContext>()({
  method: "get",
  path: "/v1/agent-token",
  operationId: "agentTokens.self",
  summary: "Read what the bearer is",
  description:
    "Of an agent's or operator's token, or a secret key: which project, which customer, which tools, and what is left of the budget.",
  tags,
  auth: { scopes: [] },
  tokens: { tools: "any", whose: () => "everybody" },
  response: { 200: bearerJson },
  handle: async ({ ctx, principal }) =>
    reply.ok(renderBearer(principal, await readBearer(ctx.db, principal))),
});

export const agentRoutes = [createRoute, listRoute, readRoute, revokeRoute, selfRoute];
