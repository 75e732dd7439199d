import { type Listing, listing, type ListOptions } from "../listing.js";
import { type RequestOptions, type Send, segment } from "../transport/create-transport.js";
import type { AgentToken, Bearer, CreditsIn, NewAgentToken } from "../types.js";

/** Tokens for agents: each acts for one customer, with some tools, within a budget, for a time. */
export interface AgentTokens {
  /** Needs the scope `agents:write`, and what the tools need: a key can only give what it may do itself. */
  readonly create: (order: AgentTokenOrder, options?: RequestOptions) => Promise<NewAgentToken>;
  readonly get: (id: string, options?: RequestOptions) => Promise<AgentToken>;
  /** The newest first, those that have ended included. */
  readonly list: (
    options?: ListOptions & { readonly customerId?: string | undefined },
  ) => Listing<AgentToken>;
  /** For good; from the answer on nothing is spent with it. */
  readonly revoke: (id: string, options?: RequestOptions) => Promise<AgentToken>;
  /** What the key or token of this client is. */
  readonly self: (options?: RequestOptions) => Promise<Bearer>;
}

/** At least one of `perCall`, `perDay` and `total`, in credits. */
export interface AgentTokenOrder {
  readonly customerId: string;
  /** What the agent is, for people. */
  readonly name: string;
  /** Names of MCP tools; all of them unless told. */
  readonly tools?: readonly string[] | undefined;
  /** With one event, hold or capture: a list of events is not one of them. */
  readonly perCall?: CreditsIn | undefined;
  readonly perDay?: CreditsIn | undefined;
  readonly total?: CreditsIn | undefined;
  /** 60 to 7,776,000 (90 days); an hour unless told. */
  readonly expiresInSeconds?: number | undefined;
  /** Lets it say itself what an event costs, instead of the rate card. */
  readonly namesPrices?: boolean | undefined;
}

const needs = ["id", "customerId", "tools", "budget"];

export function createAgentTokens(send: Send): AgentTokens {
  const path = "/v1/agent-tokens";
  const pathOf = (id: string): string => `${path}/${segment("id", id)}`;
  return {
    create: async (body, options) =>
      send({ method: "POST", path, body, idempotent: true, needs: [...needs, "token"] }, options),
    get: async (id, options) => send({ method: "GET", path: pathOf(id), needs }, options),
    list: ({ customerId, ...options } = {}) => listing(send, path, options, { customerId }),
    revoke: async (id, options) =>
      send({ method: "POST", path: `${pathOf(id)}/revoke`, body: {}, needs }, options),
    self: async (options) =>
      send({ method: "GET", path: "/v1/agent-token", needs: ["kind", "id", "tools"] }, options),
  };
}
