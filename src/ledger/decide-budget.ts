import { type Credits, creditsToJson, formatCredits, zeroCredits } from "../kernel/credits.js";
import type { ApiKeyId, WalletId } from "../kernel/ids.js";
import { approve, refuse, type Verdict } from "../kernel/verdict.js";

/**
 * What an agent's token may take beside what it may take per day. All but what was spent and the end is fixed when the
 * token is made; the end may come earlier.
 */
export interface Budget {
  /** The only wallet that the token may touch. */
  readonly walletId: WalletId;
  /** The most that one spend, one hold or one capture may take; `null`: not limited. */
  readonly callMax: Credits | null;
  /** The most that may be taken ever; `null`: not limited. */
  readonly totalMax: Credits | null;
  /** What spends took, and what holds took or still have. What a hold gives back is off again, whenever it does. */
  readonly totalSpent: Credits;
  /** From then on nothing is taken: the token expired or was revoked. By the database's clock. */
  readonly endsAt: Date;
}

/** The columns of a row of limits that are a budget. */
export interface BudgetColumns {
  readonly callMax: Credits | null;
  readonly totalMax: Credits | null;
  readonly totalSpent: Credits;
  readonly onlyWalletId: WalletId | null;
  readonly endsAt: Date | null;
}

/** The budget in a row of limits. A token's has a wallet and an end; a wallet's and any other key's has neither. */
export function toBudget(row: BudgetColumns): Budget | null {
  const { onlyWalletId: walletId, endsAt, callMax, totalMax, totalSpent } = row;
  if (walletId === null || endsAt === null) return null;
  return { walletId, callMax, totalMax, totalSpent, endsAt };
}

/** An agent's token that asks for something. */
export interface AgentToken {
  readonly keyId: ApiKeyId;
  readonly budget: Budget;
}

/**
 * Refuses with `forbidden`, whatever the amount, when a token is not for this wallet or has ended. `undefined` when it
 * may go on.
 */
export function refuseToken(
  budget: Budget | null | undefined,
  walletId: WalletId,
  now: Date,
): Verdict<never> | undefined {
  if (budget === null || budget === undefined) return undefined;
  if (budget.walletId !== walletId)
    return refuse("forbidden", {
      detail:
        "This agent token is for another customer's wallet. Use it for its own customer only.",
    });
  if (budget.endsAt > now) return undefined;
  return refuse("forbidden", {
    detail: `This agent token has ended at ${budget.endsAt.toISOString()}: it expired or was revoked. Ask whoever made it for another one.`,
  });
}

/**
 * The same for what it does with a hold. A token uses only the holds that it placed: those of others have counted for
 * their budgets, not for its own.
 */
export function refuseTokenOnHold(
  token: AgentToken | null,
  hold: { readonly apiKeyId: ApiKeyId | null },
  { walletId, now }: { readonly walletId: WalletId; readonly now: Date },
): Verdict<never> | undefined {
  if (token === null) return undefined;
  const ended = refuseToken(token.budget, walletId, now);
  if (ended !== undefined || hold.apiKeyId === token.keyId) return ended;
  return refuse("forbidden", {
    detail:
      "This agent token has not placed this hold. It captures and releases only its own: place one with the token.",
  });
}

/**
 * Counts `amount` in the total. Refuses with `agent_budget` what is more than one call may take, or more than is left
 * of the total. `null` stands for no budget.
 *
 * @param call what the whole call takes, when a hold has paid for a part of it
 */
export function countTotal(
  budget: Budget | null,
  amount: Credits,
  call: Credits = amount,
): Verdict<Budget | null> {
  if (budget === null) return approve(null);
  const { callMax, totalMax, totalSpent } = budget;
  if (callMax !== null && call > callMax) return refuseCall(callMax, call);
  const after = (totalSpent + amount) as Credits;
  if (totalMax !== null && after > totalMax) return refuseTotal(totalMax, totalSpent, amount);
  return approve({ ...budget, totalSpent: after });
}

/** Counts off what a hold gave back: always, since the budget was there before the hold. */
export function countTotalBack(budget: Budget | null, amount: Credits): Budget | null {
  if (budget === null) return null;
  const { totalSpent } = budget;
  return { ...budget, totalSpent: totalSpent > amount ? leftOf(totalSpent, amount) : zeroCredits };
}

/** The most that a call may take now, by what the budget says of calls and in all; `null`: not limited. */
export function budgetLeft(
  { callMax, totalMax, totalSpent, endsAt }: Budget,
  now: Date,
): Credits | null {
  if (endsAt <= now) return zeroCredits;
  if (totalMax === null) return callMax;
  const left = leftOf(totalMax, totalSpent);
  return callMax !== null && callMax < left ? callMax : left;
}

function leftOf(max: Credits, spent: Credits): Credits {
  return max > spent ? ((max - spent) as Credits) : zeroCredits;
}

function refuseCall(limit: Credits, required: Credits): Verdict<never> {
  return refuse("agent_budget", {
    detail: `This agent token may take ${formatCredits(limit)} credits with one event, hold or capture, and this takes ${formatCredits(required)}. Take less at once, or ask whoever made it for a token that may take more.`,
    extra: {
      budget: "perCall",
      limit: creditsToJson(limit),
      spent: 0,
      remaining: creditsToJson(limit),
      required: creditsToJson(required),
    },
  });
}

function refuseTotal(limit: Credits, spent: Credits, required: Credits): Verdict<never> {
  const remaining = leftOf(limit, spent);
  return refuse("agent_budget", {
    detail: `This agent token may take ${formatCredits(limit)} credits in all and has ${formatCredits(remaining)} left, and this takes ${formatCredits(required)}. Release holds that are not needed, take less, or ask whoever made it for another token.`,
    extra: {
      budget: "total",
      limit: creditsToJson(limit),
      spent: creditsToJson(spent),
      remaining: creditsToJson(remaining),
      required: creditsToJson(required),
    },
  });
}
