import type { CreditsOut } from "./wallets.js";

/** What an agent may take of its wallet, and has taken. Null: no limit of its own. */
export interface AgentBudget {
  /** With one event, hold or capture: a list of events is not one of them. */
  readonly perCall: CreditsOut | null;
  readonly perDay: BudgetPart & { readonly resetsAt: string };
  readonly total: BudgetPart;
}

export interface BudgetPart {
  readonly limit: CreditsOut | null;
  /** Holds count in full until they are given back. */
  readonly spent: CreditsOut;
  readonly remaining: CreditsOut | null;
}

export interface AgentToken {
  readonly id: string;
  readonly customerId: string;
  readonly name: string;
  /** How the token begins and ends. */
  readonly hint: string;
  readonly status: "in_force" | "expired" | "revoked";
  /** Names of MCP tools. */
  readonly tools: readonly string[];
  readonly namesPrices: boolean;
  readonly budget: AgentBudget;
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly lastUsedAt: string | null;
  readonly revokedAt: string | null;
}

export interface NewAgentToken extends AgentToken {
  /** The bearer that the agent sends. It cannot be read again. */
  readonly token: string;
}

/** What an API key or token is. */
export interface Bearer {
  readonly kind: "secret" | "agent" | "operator";
  readonly id: string;
  readonly name: string;
  readonly projectId: string;
  readonly mode: "test" | "live";
  readonly scopes: readonly string[];
  /** Null for secret keys, which are not restricted to tools. */
  readonly tools: readonly string[] | null;
  readonly customerId: string | null;
  readonly budget: AgentBudget | null;
  readonly expiresAt: string | null;
}
