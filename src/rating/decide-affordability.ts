import { present } from "../kernel/assert.js";
import { type Credits, minCredits, zeroCredits } from "../kernel/credits.js";
import type { RefusalCode } from "../kernel/refusals.js";
import type { Book } from "../ledger/decide.js";
import { budgetLeft } from "../ledger/decide-budget.js";
import { periods, type SpendWindows, spentNow } from "../ledger/decide-limits.js";
import { decideSpend, type ShortfallPolicy } from "../ledger/decide-spend.js";

/** The codes with which a spend is refused. */
export const unaffordable = [
  "wallet_frozen",
  "forbidden",
  "agent_budget",
  "key_spend_limit",
  "wallet_spend_limit",
  "wallet_in_debt",
  "debt_limit",
  "insufficient_credits",
] as const satisfies readonly RefusalCode[];

/** Whether and how a wallet could pay for an event now. */
export interface Affordability {
  /** Why the event would be refused, or nothing of it paid; `null` when it is affordable. */
  readonly because: (typeof unaffordable)[number] | null;
  readonly available: Credits;
  /** How many credits have to come in before the event is paid or may be owed in full, debt included. */
  readonly shortBy: Credits;
  /** The least that the spend limits leave, in whichever window, and a token's budget for one call; `null` without one. */
  readonly walletLimitLeft: Credits | null;
  readonly keyLimitLeft: Credits | null;
  /** The most that could be spent in full now: limits and the policy's debt included. */
  readonly spendable: Credits;
}

export interface WouldSpend {
  readonly credits: Credits;
  readonly shortfall: ShortfallPolicy;
  /** The limits of the API key that asks; `null` when it has none. */
  readonly keyWindows: SpendWindows | null;
  readonly now: Date;
}

/** Asks the decision that would take the credits, so that both say the same. */
export function decideAffordability(book: Book, spend: WouldSpend): Affordability {
  const { credits: amount, shortfall, keyWindows, now } = spend;
  // Nothing of it is written, so the cause does not matter.
  const cause = { type: "expiry" as const, id: book.walletId };
  const decided = decideSpend(book, { amount, shortfall, keyWindows, now, cause, memo: null });
  const walletLimitLeft = leftOf(book.windows, now);
  const keyLimitLeft = leftOf(keyWindows, now);
  return {
    because: decided.approved
      ? nothingToTake(amount, decided.value.taken)
      : reasonOf(decided.refusal.code),
    available: book.available,
    shortBy: shortBy(amount, book, shortfall),
    walletLimitLeft,
    keyLimitLeft,
    spendable: [walletLimitLeft, keyLimitLeft].reduce<Credits>(
      (least, left) => (left === null ? least : minCredits(least, left)),
      book.frozen ? zeroCredits : spendable(book, shortfall),
    ),
  };
}

/** An empty wallet pays nothing, though `upToAvailable` would let the event pass. */
function nothingToTake(asked: Credits, taken: Credits): "insufficient_credits" | null {
  return asked > 0n && taken === 0n ? "insufficient_credits" : null;
}

function reasonOf(code: RefusalCode): (typeof unaffordable)[number] {
  return present(
    unaffordable.find((each) => each === code),
    "a spend is refused with one of these codes",
  );
}

/** What decides whether a wallet can pay. */
export interface Purse {
  readonly available: Credits;
  readonly debt: Credits;
}

/** Credits that have to come in before the wallet can pay `credits` in full, or owe the rest; 0 when it can. */
export function shortBy(
  credits: Credits,
  { available, debt }: Purse,
  shortfall: ShortfallPolicy,
): Credits {
  const missing = credits - minCredits(available, credits);
  if (shortfall.policy === "debt") {
    const beyond = debt + missing - shortfall.limit;
    return missing > 0n && beyond > 0n ? (beyond as Credits) : zeroCredits;
  }
  return credits === zeroCredits ? zeroCredits : ((debt + missing) as Credits);
}

/** What can be spent in full now. Debt blocks spending, unless the policy lets it grow. */
export function spendable({ available, debt }: Purse, shortfall: ShortfallPolicy): Credits {
  if (shortfall.policy !== "debt") return debt > 0n ? zeroCredits : available;
  const room = shortfall.limit - debt;
  return room > 0n ? ((available + room) as Credits) : available;
}

function leftOf(windows: SpendWindows | null, now: Date): Credits | null {
  if (windows === null) return null;
  let least = windows.budget === null ? null : budgetLeft(windows.budget, now);
  for (const period of periods) {
    const { max } = windows[period];
    if (max === null) continue;
    const spent = spentNow(period, windows[period], now);
    const left = spent < max ? ((max - spent) as Credits) : zeroCredits;
    least = least === null ? left : minCredits(least, left);
  }
  return least;
}
