import { assert, present } from "../kernel/assert.js";
import type { QuoteId } from "../kernel/ids.js";
import type { Refusal } from "../kernel/refusals.js";
import { approve, approvedOrThrow, refuse, type Verdict } from "../kernel/verdict.js";
import type { Movement } from "../ledger/decide-all.js";
import { prepareMovements } from "../ledger/post-movements.js";
import type { Trx } from "../platform/db/connect.js";
import { decideRedemption } from "../rating/decide-redemption.js";
import { priceEvent, shortfallPolicyOf } from "../rating/price.js";
import {
  type DecidedUsage,
  type Outcome,
  outcomeOf,
  unpricedOutcome,
  usageMovement,
} from "./decide-usage.js";
import type { Terms } from "./read-terms.js";
import type { UsageEvent } from "./rules.js";

/** How an event ended that was applied while its sender waits. */
export type End = (
  | { readonly status: "applied"; readonly decided: DecidedUsage; readonly refusal?: undefined }
  | { readonly status: "refused"; readonly refusal: Refusal }
) & { readonly outcome: Outcome | undefined };

/** How events end that are decided, and what is still to be written of it. */
export interface Ends {
  readonly of: ReadonlyMap<UsageEvent, End>;
  readonly write: () => readonly Promise<void>[];
}

/**
 * Decides what has a price, in order, and answers how each event ends.
 *
 * @throws Refusal `project_paused`, and nothing is applied
 */
export async function decideFresh(
  trx: Trx,
  fresh: readonly UsageEvent[],
  terms: Terms,
): Promise<Ends> {
  const ends = new Map<UsageEvent, End>();
  const priced = fresh.filter((event) => event.credits !== null);
  for (const event of fresh) if (event.credits === null) ends.set(event, unpriced(event, terms));
  if (priced.length === 0) return { of: ends, write: () => [] };
  const spentQuotes = new Set<QuoteId>();
  const { verdicts, write } = await prepareMovements(
    trx,
    priced.map((event) => {
      const credits = present(event.credits, "what is applied has a price");
      const policy = shortfallPolicyOf(terms.policyCardOf(event.rateCardVersion), event.event);
      const movement = usageMovement({ ...event, credits }, policy, ({ now }) =>
        checkFunding(event, terms, spentQuotes, now),
      );
      return { ...spendingQuote(movement, event, spentQuotes), waitsWhilePaused: true };
    }),
  );
  for (const [place, event] of priced.entries()) {
    const decided = approvedOrThrow(present(verdicts[place], "each movement has a verdict"));
    const outcome = outcomeOf(decided);
    ends.set(
      event,
      decided.result.approved
        ? { status: "applied", decided, outcome }
        : { status: "refused", refusal: decided.result.refusal, outcome },
    );
  }
  return { of: ends, write };
}

/** A quote is good for one event: once one is applied by it, the next of the same transaction finds it used. */
function spendingQuote(
  movement: Movement<DecidedUsage>,
  { quoteId }: UsageEvent,
  spentQuotes: Set<QuoteId>,
): Movement<DecidedUsage> {
  if (quoteId === null) return movement;
  return {
    ...movement,
    decide: (book, asked) => {
      const verdict = movement.decide(book, asked);
      if (verdict.approved && verdict.value.result.approved) spentQuotes.add(quoteId);
      return verdict;
    },
  };
}

function unpriced(event: UsageEvent, terms: Terms): End {
  const card = terms.policyCardOf(event.rateCardVersion);
  const { quantity, properties } = event;
  const price = priceEvent(card, event.event, {
    quantity: quantity ?? undefined,
    properties: properties ?? undefined,
  });
  assert(!price.approved, "an event without a price cannot be priced");
  const outcome = unpricedOutcome(event, price.refusal.code);
  return { status: "refused", refusal: price.refusal, outcome };
}

/** Whether the hold and the quote that an event names are its wallet's, and still good. */
function checkFunding(
  event: UsageEvent,
  terms: Terms,
  spentQuotes: ReadonlySet<QuoteId>,
  now: Date,
): Verdict<unknown> {
  const { holdId, quoteId, walletId } = event;
  if (holdId !== null && terms.holds.get(holdId)?.walletId !== walletId)
    return refuse("not_found", {
      param: "holdId",
      detail: "This customer has no such hold. Leave holdId out, or place a hold.",
    });
  if (quoteId === null) return approve(undefined);
  const quote = terms.quotes.get(quoteId);
  const current =
    quote !== undefined && spentQuotes.has(quoteId) ? { ...quote, redeemedBy: event.id } : quote;
  return decideRedemption(current, { walletId, event: event.event, now });
}
