import { randomUUID } from "node:crypto";
import { type AgentTokenOrder, Chargly, type NewAgentToken } from "@chargly/sdk";
import { createApiKey } from "../../src/tenancy/create-api-key.js";
import { type Scope, scopes } from "../../src/tenancy/rules.js";
import { startTestStack, type TestStack } from "../support/stack.js";

/** The product, asked by a backend that hands out tokens, and by the agents that have them. */
export interface Agents {
  readonly stack: TestStack;
  /** With a key that may do everything. */
  readonly backend: Chargly;
  readonly clientWith: (apiKey: string, baseUrl?: string) => Chargly;
  readonly keyWith: (granted: readonly Scope[]) => ReturnType<typeof createApiKey>;
  /** A customer with 100 credits, and an agent of theirs. */
  readonly newAgent: (order?: Partial<AgentTokenOrder>) => Promise<{
    readonly customerId: string;
    readonly made: NewAgentToken;
    readonly agent: Chargly;
  }>;
  /** Asks with a bearer, as the bytes of it. */
  readonly post: (
    token: string,
    path: string,
    body: string,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<{ readonly status: number; readonly text: string }>;
}

export async function openAgents(): Promise<Agents> {
  const stack = await startTestStack({ roles: ["web"] });
  const clientWith = (apiKey: string, baseUrl = stack.url) =>
    new Chargly({ apiKey, baseUrl, maxRetries: 0 });
  const project = { id: stack.projectId, mode: "test" } as const;
  const keyWith = (granted: readonly Scope[]) =>
    createApiKey(stack.ctx, project, { name: "a key", scopes: granted }, "test");
  const backend = clientWith((await keyWith(scopes)).secret);
  await backend.rateCards.publish({
    events: { "chat.reply": { price: { type: "quantity", credits: 1 } } },
  });
  return {
    stack,
    backend,
    clientWith,
    keyWith,
    newAgent: async (order = {}) => {
      const customerId = `user_${randomUUID()}`;
      await backend.wallets.grant(customerId, { credits: 100, reason: "welcome" });
      const terms = { customerId, name: "agent", total: 20, ...order };
      const made = await backend.agentTokens.create(terms);
      return { customerId, made, agent: clientWith(made.token) };
    },
    post: async (token, path, body, headers = {}) => {
      const bearer = { authorization: `Bearer ${token}`, "content-type": "application/json" };
      const asked = { method: "POST", body, headers: { ...bearer, ...headers } };
      const response = await fetch(`${stack.url}${path}`, asked);
      return { status: response.status, text: await response.text() };
    },
  };
}
