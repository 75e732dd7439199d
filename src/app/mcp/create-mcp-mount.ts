import type { RequestListener } from "node:http";
import { createHttpHandler, type Identity } from "@chargly/mcp";
import express, { type Request, type RequestHandler, type Response } from "express";
import { Refusal } from "../../kernel/refusals.js";
import { approvedOrThrow } from "../../kernel/verdict.js";
import type { AuthFailureLimit } from "../../platform/http/auth-failure-limit.js";
import { type BearerNeeds, keyIn, principalOf } from "../../platform/http/authenticate.js";
import type { RawMount } from "../../platform/http/create-app.js";
import { exchangeOf } from "../../platform/http/exchange.js";
import { measureRequests } from "../../platform/http/measure-requests.js";
import { parseBody } from "../../platform/http/parse-input.js";
import type { Authenticate, Principal } from "../../platform/http/principal.js";
import { type CountRequest, rateLimit } from "../../platform/http/rate-limits.js";
import { readBody } from "../../platform/http/read-body.js";
import { requestLog } from "../../platform/http/request-log.js";
import { securityHeaders } from "../../platform/http/security-headers.js";
import type { AppContext } from "../context.js";
import { callInProcess } from "./call-in-process.js";
import { checkOrigin } from "./check-origin.js";

export const mcpPath = "/mcp";

/** Far above any call of a tool. */
const bodyBytesMax = 64 * 1024;
const methods = "GET, POST, DELETE";
/** What each tool needs, its calls say. */
const anyToken: BearerNeeds = {
  scopes: [],
  tokens: { tools: "any", whose: () => "everybody" },
};

export interface McpDoor {
  readonly authenticate: Authenticate;
  readonly authFailures: AuthFailureLimit;
  /** Takes what the tools ask: the front door of the API. */
  readonly listener: RequestListener;
}

export interface McpMount extends RawMount {
  readonly close: () => Promise<void>;
}

/**
 * MCP over Streamable HTTP, for tokens of agents and operators. In this order: log and headers, Host and Origin, the bearer, the
 * rate limit, the body; then the tools, which are calls of the API with the same bearer.
 */
export function createMcpMount(ctx: AppContext, door: McpDoor): McpMount {
  const handler = createHttpHandler((err) => ctx.log.error({ err }, "unexpected error in a tool"));
  const count = rateLimit({ perSecond: ctx.config.rateLimitPerSecond }, "mcp");
  const router = express.Router({ caseSensitive: true });
  router.use(openExchange, requestLog(ctx.log), securityHeaders(), measureRequests(ctx.metrics));
  router.use(async (request, response) => {
    const { ip } = request;
    const { requestId } = exchangeOf(request);
    const { bearer, identity } = await admit(request, response, { ctx, door, count });
    const body = request.method === "POST" ? await bodyOf(request) : undefined;
    const fetch = callInProcess(door.listener, { ip, requestId });
    await handler.serve(request, response, { bearer, identity, fetch, body });
  });
  return { path: mcpPath, handler: router, close: handler.close };
}

/** Who asks. Nothing of what they sent was read before. */
async function admit(
  request: Request,
  response: Response,
  {
    ctx,
    door,
    count,
  }: { readonly ctx: AppContext; readonly door: McpDoor; readonly count: CountRequest },
): Promise<{ readonly bearer: string; readonly identity: Identity }> {
  const { host } = request;
  const { origin, authorization } = request.headers;
  approvedOrThrow(checkOrigin({ host, origin }, ctx.publicUrl));
  const bearer = keyIn(authorization) ?? "";
  if (/^chg_(?:test|live)_/.test(bearer)) throw secretKeyRefused();
  const { authenticate, authFailures } = door;
  const principal = await principalOf(request, response, anyToken, authenticate, authFailures);
  exchangeOf(request).principal = principal;
  const identity = identityOf(principal);
  await count(request, response, principal);
  if (request.path !== "/")
    throw new Refusal("not_found", { detail: `There is nothing below ${mcpPath}.` });
  if (methods.split(", ").includes(request.method)) return { bearer, identity };
  response.set("Allow", methods);
  throw new Refusal("method_not_allowed", { detail: `This path takes ${methods}.` });
}

function identityOf(principal: Principal): Identity {
  switch (principal.kind) {
    case "agent": {
      const { kind, customerId, tools } = principal;
      return { kind, customerId, tools };
    }
    case "operator":
      return { kind: principal.kind, tools: principal.tools };
    case "secret":
      throw secretKeyRefused();
  }
}

function secretKeyRefused(): Refusal {
  return new Refusal("forbidden", {
    detail:
      "A secret key may do anything, so it is no bearer for MCP over HTTP. Make a token for the agent with POST /v1/agent-tokens, or one for an operator with chargly tokens.",
  });
}

async function bodyOf(request: Request): Promise<unknown> {
  return parseBody(request, await readBody(request, bodyBytesMax));
}

const openExchange: RequestHandler = (request, response, next) => {
  const exchange = exchangeOf(request);
  exchange.route = mcpPath;
  response.set("X-Request-Id", exchange.requestId).set("Cache-Control", "no-store");
  next();
};
