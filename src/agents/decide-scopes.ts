import type { Credits } from "../kernel/credits.js";
import { approve, refuse, type Verdict } from "../kernel/verdict.js";
import type { Scope } from "../tenancy/rules.js";
import { scopesOfTools, type WalletTool } from "./rules.js";

/** What a token may take of its wallet. `null` is as much as there is. */
export interface BudgetTerms {
  readonly perCall: Credits | null;
  readonly perDay: Credits | null;
  readonly total: Credits | null;
}

/** What somebody wants of a new agent's token. */
export interface AgentTokenTerms extends BudgetTerms {
  readonly tools: readonly WalletTool[];
  /** Whether it may say itself what an event costs, instead of the rate card. */
  readonly namesPrices: boolean;
}

/** What somebody may give to a token. */
export interface MayGive {
  readonly scopes: ReadonlySet<string>;
  /** Whether what they spend themselves has limits. */
  readonly limited: boolean;
}

/**
 * The scopes of a new token: what its tools need. Whoever makes it can only give what they may do themselves, and a token
 * without any budget would be a key to the whole wallet. What a token spends does not count in the limits of the key
 * that made it, so a key that has some makes none.
 */
export function decideScopes(
  { tools, namesPrices, perCall, perDay, total }: AgentTokenTerms,
  mayGive: MayGive,
): Verdict<readonly Scope[]> {
  if (perCall === null && perDay === null && total === null)
    return refuse("invalid_request", {
      param: "total",
      detail:
        "Give the token a budget: at least one of perCall, perDay and total, in credits. 0 is a budget, too: then it only reads.",
    });
  if (namesPrices && !tools.includes("meter_event"))
    return refuse("invalid_request", {
      param: "namesPrices",
      detail: "Only the tool meter_event names prices. Add it to tools, or leave namesPrices out.",
    });
  if (mayGive.limited)
    return refuse("forbidden", {
      detail:
        "This key has spend limits, and what a token spends would not count in them. Use a key without limits, or have an operator make the token: chargly tokens create-agent.",
    });
  const needed: readonly Scope[] = [
    ...scopesOfTools(tools),
    ...(namesPrices ? (["usage:price"] as const) : []),
  ];
  const missing = needed.filter((scope) => !mayGive.scopes.has(scope));
  if (missing.length === 0) return approve(needed);
  const lacking = tools.filter((tool) =>
    scopesOfTools([tool]).some((scope) => missing.includes(scope)),
  );
  return refuse("forbidden", {
    detail: `A key can only give what it may do itself, and this one lacks ${missing.join(" ")}. ${wayOut(lacking)}`,
    extra: { requiredScopes: missing },
  });
}

function wayOut(lacking: readonly WalletTool[]): string {
  return lacking.length === 0
    ? "Leave namesPrices out, or use a key that has it."
    : `Leave out the tools ${lacking.join(", ")}, or use a key that has them.`;
}
