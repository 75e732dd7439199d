/** What the documentation shows of agents' tokens. Tests hold it against the schemas. */

const budget = {
  perCall: 5,
  perDay: { limit: 50, spent: 12.5, remaining: 37.5, resetsAt: "2026-02-01T00:00:00.000Z" },
  total: { limit: 200, spent: 12.5, remaining: 187.5 },
} as const;

export const exampleAgentToken = {
  id: "key_01k2x3v9g7f6q8r5s4t3w2y1z0",
  customerId: "user_123",
  name: "research assistant",
  hint: "chg_agent_test_…3f9a",
  status: "in_force",
  tools: ["get_wallet", "quote_cost", "meter_event"],
  namesPrices: false,
  budget,
  createdAt: "2026-01-31T12:00:00.000Z",
  expiresAt: "2026-01-31T13:00:00.000Z",
  lastUsedAt: null,
  revokedAt: null,
} as const;

export const exampleNewAgentToken = {
  ...exampleAgentToken,
  token: "chg_agent_test_7d4f0c19b2e84a63915fd0c7aa21e84b6f30d95c2e7b3f9a",
} as const;

export const exampleBearer = {
  kind: "agent",
  id: exampleAgentToken.id,
  name: exampleAgentToken.name,
  projectId: "prj_01k2x3v9g7f6q8r5s4t3w2y1z0",
  mode: "test",
  scopes: ["wallets:read", "usage:write"],
  tools: exampleAgentToken.tools,
  customerId: "user_123",
  budget,
  expiresAt: exampleAgentToken.expiresAt,
} as const;
