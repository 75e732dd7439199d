import type { Scope } from "../tenancy/rules.js";

const daySeconds = 86_400;
/** Long enough for one task, short enough that a token that leaks is soon worth nothing. */
export const lifeSecondsDefault = 3_600;
export const lifeSecondsMin = 60;
export const lifeSecondsMax = 90 * daySeconds;
export const tokenNameLengthMax = 100;

/**
 * Every tool that a token can be given, with what its routes need. A route names the tools that it is part of (`tokens`),
 * so MCP and REST know one list.
 */
type ToolScopes = Readonly<Record<string, readonly Scope[]>>;

/** For agents, which act for one wallet. */
export const walletTools = {
  get_wallet: ["wallets:read"],
  // An event that was sent before is looked up.
  meter_event: ["usage:write", "usage:read"],
  create_checkout: ["checkouts:write"],
  get_checkout_status: ["checkouts:read"],
  list_credit_packs: ["packs:read"],
  quote_cost: ["usage:write"],
  create_hold: ["holds:write", "holds:read"],
  capture_hold: ["holds:write", "holds:read"],
  release_hold: ["holds:write", "holds:read"],
  list_transactions: ["wallets:read"],
  explain_charge: ["wallets:read", "usage:read"],
} as const satisfies ToolScopes;
export type WalletTool = keyof typeof walletTools;

/** For operators' agents, which look after a project and spend nothing. */
export const operatorTools = {
  grant_credits: ["wallets:adjust"],
  freeze_wallet: ["wallets:control"],
  unfreeze_wallet: ["wallets:control"],
  run_reconciliation: ["operations:read", "operations:write"],
  list_discrepancies: ["operations:read"],
  list_failed_jobs: ["operations:read"],
  retry_job: ["operations:write"],
} as const satisfies ToolScopes;
export type OperatorTool = keyof typeof operatorTools;

export const operatorToolNames = Object.keys(operatorTools) as readonly OperatorTool[];
export const walletToolNames = Object.keys(walletTools) as readonly WalletTool[];

/** What the tools need, each scope once. */
export function scopesOfTools(tools: readonly (WalletTool | OperatorTool)[]): readonly Scope[] {
  const scopes: ToolScopes = { ...walletTools, ...operatorTools };
  return [...new Set(tools.flatMap((tool) => scopes[tool] ?? []))];
}
