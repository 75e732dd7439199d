import { assert } from "../kernel/assert.js";
import {
  type Credits,
  creditsToJson,
  formatCredits,
  minCredits,
  zeroCredits,
} from "../kernel/credits.js";
import { approve, refuse, type Verdict } from "../kernel/verdict.js";
import { type Book, type Posting, post, type Reason } from "./decide.js";
import { refuseToken } from "./decide-budget.js";
import { countSpend, type SpendWindows } from "./decide-limits.js";
import { burn, tooFew } from "./decide-withdrawal.js";

/** What happens when a wallet cannot cover what was used. */
export type ShortfallPolicy =
  | { readonly policy: "reject" }
  /** Takes what is there; the rest is recorded and never asked for again. */
  | { readonly policy: "upToAvailable" }
  /** Lets the wallet owe up to `limit`; the next credits pay it first. */
  | { readonly policy: "debt"; readonly limit: Credits };

/** Credits used for one thing. */
export interface Spend extends Reason {
  /** May be nothing: then it only counts as applied. */
  readonly amount: Credits;
  readonly shortfall: ShortfallPolicy;
  /** The limits of the API key that asked; `null` when it has none. */
  readonly keyWindows: SpendWindows | null;
  /** By the database, after the lock. */
  readonly now: Date;
}

/** A posting, and what of the amount it could not take. */
export interface Spent extends Posting {
  readonly taken: Credits;
  readonly shortfall: Credits;
}

/**
 * Takes what was used, in burn order. In full or not at all, unless the policy says otherwise; never below zero.
 * Refuses with `wallet_frozen`, `key_spend_limit`, `wallet_spend_limit`, `wallet_in_debt`, `debt_limit` or
 * `insufficient_credits`; an agent's token also with `agent_budget`, and with `forbidden` on another wallet than its
 * own and once it has ended.
 */
export function decideSpend(book: Book, spend: Spend): Verdict<Spent> {
  const { amount } = spend;
  assert(amount >= 0n, "what was used is not less than nothing");
  const barred = refuseToken(spend.keyWindows?.budget, book.walletId, spend.now);
  if (barred !== undefined) return barred;
  if (book.frozen) return refuseFrozen();
  const counted = countBoth(book, atMostTaken(book, spend), spend);
  if (!counted.approved) return counted;
  const split = splitSpend(book, amount, spend.shortfall);
  if (!split.approved) return split;
  const { fromLots, owed } = split.value;
  const steps = burn(book, "spend", fromLots);
  if (owed > 0n) steps.push({ kind: "overdraft", lotNo: null, amount: owed });
  const taken = (fromLots + owed) as Credits;
  return approve(toSpent(post(book, steps, spend, counted.value), taken, amount));
}

/** Field by field: spreading an object into a wider one costs more than the decision itself. */
export function toSpent(posting: Posting, taken: Credits, amount: Credits): Spent {
  const { transfers, newLots, newHolds, newReserves, after, keyWindows } = posting;
  const shortfall = (amount - taken) as Credits;
  return { transfers, newLots, newHolds, newReserves, after, keyWindows, taken, shortfall };
}

/** What would be taken, and so counts for the spend limits: a shortfall that nobody pays is not spent. */
function atMostTaken({ available }: Book, { amount, shortfall }: Spend): Credits {
  return shortfall.policy === "upToAvailable" ? minCredits(amount, available) : amount;
}

export function refuseFrozen(): Verdict<never> {
  return refuse("wallet_frozen", {
    detail: "An operator has frozen this wallet. Nothing is spent from it until it is unfrozen.",
  });
}

/** The windows of the key and of the wallet with `amount` counted, or the refusal of the first without room. */
export function countBoth(
  book: Book,
  amount: Credits,
  { keyWindows, now }: { readonly keyWindows: SpendWindows | null; readonly now: Date },
): Verdict<{ readonly keyWindows: SpendWindows | null; readonly windows: SpendWindows | null }> {
  const byKey = countSpend(keyWindows, amount, now, "key_spend_limit");
  if (!byKey.approved) return byKey;
  const byWallet = countSpend(book.windows, amount, now, "wallet_spend_limit");
  if (!byWallet.approved) return byWallet;
  return approve({ keyWindows: byKey.value, windows: byWallet.value });
}

interface Split {
  readonly fromLots: Credits;
  readonly owed: Credits;
}

function splitSpend(book: Book, amount: Credits, shortfall: ShortfallPolicy): Verdict<Split> {
  if (shortfall.policy === "debt") return splitWithDebt(book, amount, shortfall.limit);
  if (book.debt > 0n && amount > 0n) return refuseInDebt(book, amount);
  if (amount <= book.available) return approve({ fromLots: amount, owed: zeroCredits });
  if (shortfall.policy === "reject") return tooFew(book, amount);
  return approve({ fromLots: minCredits(amount, book.available), owed: zeroCredits });
}

function splitWithDebt(book: Book, amount: Credits, limit: Credits): Verdict<Split> {
  const fromLots = minCredits(amount, book.available);
  const owed = (amount - fromLots) as Credits;
  if (owed === 0n || book.debt + owed <= limit) return approve({ fromLots, owed });
  return refuse("debt_limit", {
    detail: `The wallet may owe ${formatCredits(limit)} credits and owes ${formatCredits(book.debt)}. Buy or grant more.`,
    extra: {
      available: creditsToJson(book.available),
      debt: creditsToJson(book.debt),
      debtLimit: creditsToJson(limit),
      required: creditsToJson(amount),
      shortBy: creditsToJson((book.debt + owed - limit) as Credits),
    },
  });
}

/** Debt blocks spending: the next credits pay it first. */
export function refuseInDebt(book: Book, required: Credits): Verdict<never> {
  return refuse("wallet_in_debt", {
    detail: `The wallet owes ${formatCredits(book.debt)} credits. Buy or grant more: they pay the debt first.`,
    extra: {
      available: creditsToJson(book.available),
      debt: creditsToJson(book.debt),
      required: creditsToJson(required),
      shortBy: creditsToJson(
        (book.debt + required - minCredits(book.available, required)) as Credits,
      ),
    },
  });
}
