import { assert } from "../kernel/assert.js";
import { type Credits, zeroCredits } from "../kernel/credits.js";
import type { UsageEventId, WalletId } from "../kernel/ids.js";
import type { RefusalCode } from "../kernel/refusals.js";
import { approve, type Verdict } from "../kernel/verdict.js";
import { type Posting, post } from "../ledger/decide.js";
import type { Asked, Movement } from "../ledger/decide-all.js";
import { decideCapture } from "../ledger/decide-hold.js";
import { decideSpend, type ShortfallPolicy, type Spent } from "../ledger/decide-spend.js";
import type { UsageEvent } from "./rules.js";

/** The part of an event that decides what it does to its wallet. */
export type PricedUsage = Pick<
  UsageEvent,
  "id" | "walletId" | "event" | "credits" | "apiKeyId" | "holdId"
> & { readonly credits: Credits };

/** A refused event is decided too: it moves nothing, and what it met is kept. */
export interface DecidedUsage extends Posting {
  readonly usage: PricedUsage;
  /** What was available when its turn came. */
  readonly met: Credits;
  readonly result: Verdict<Spent>;
}

/**
 * What an event does to its wallet: with a hold it captures it, otherwise it spends.
 *
 * @param allowed what must be approved first, by the time after the locks
 */
export function usageMovement(
  usage: PricedUsage,
  shortfall: ShortfallPolicy,
  allowed?: (asked: Asked) => Verdict<unknown>,
): Movement<DecidedUsage> {
  const { id, walletId, apiKeyId, holdId, credits: amount, event: memo } = usage;
  const cause = { type: "usage" as const, id };
  return {
    walletId,
    apiKeyId,
    holdId,
    ...(holdId === null ? { spendsAtMost: amount } : {}),
    decide: (book, asked) => {
      const { now, keyWindows, token } = asked;
      const refused = allowed?.(asked);
      const result =
        refused?.approved === false
          ? refused
          : holdId === null
            ? decideSpend(book, { amount, shortfall, keyWindows, now, cause, memo })
            : decideCapture(book, {
                holdId,
                amount,
                close: false,
                keyWindows,
                token,
                now,
                cause,
                memo,
              });
      const posting = result.approved ? result.value : post(book, [], { cause, memo });
      return approve(toDecided(posting, usage, book.available, result));
    },
  };
}

/** Field by field, as in `toSpent`. */
function toDecided(
  { transfers, newLots, newHolds, newReserves, after, keyWindows }: Posting,
  usage: PricedUsage,
  met: Credits,
  result: Verdict<Spent>,
): DecidedUsage {
  return { transfers, newLots, newHolds, newReserves, after, keyWindows, usage, met, result };
}

/** What is kept of an event that was not applied in full. */
export interface Outcome {
  readonly eventId: UsageEventId;
  readonly walletId: WalletId;
  readonly outcome: "rejected" | "partial";
  readonly reason: RefusalCode | null;
  readonly detail: string | null;
  /** The balance that the event met; `null` when it was rejected before its wallet was looked at. */
  readonly available: Credits | null;
  readonly required: Credits;
  readonly taken: Credits;
}

const detailLengthMax = 1_000;

/** The outcome to keep, or `undefined` for an event that was applied in full. */
export function outcomeOf({ usage, met, result }: DecidedUsage): Outcome | undefined {
  const { id: eventId, walletId, credits: required } = usage;
  const kept = { eventId, walletId, required, available: met };
  if (!result.approved) {
    const { code, details } = result.refusal;
    const detail = details.detail.slice(0, detailLengthMax);
    return { ...kept, outcome: "rejected", reason: code, detail, taken: zeroCredits };
  }
  const { taken, shortfall } = result.value;
  assert(taken + shortfall === required, "what is not taken is short");
  if (shortfall === 0n) return undefined;
  return { ...kept, outcome: "partial", reason: null, detail: null, taken };
}

/** The outcome of an event that the rate card could not price. */
export function unpricedOutcome(
  usage: { readonly id: UsageEventId; readonly walletId: WalletId },
  reason: RefusalCode,
): Outcome {
  return {
    eventId: usage.id,
    walletId: usage.walletId,
    outcome: "rejected",
    reason,
    detail: "The rate card in force when the event was accepted could not price it.",
    available: null,
    required: zeroCredits,
    taken: zeroCredits,
  };
}
