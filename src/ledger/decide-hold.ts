import { assert, present } from "../kernel/assert.js";
import {
  type Credits,
  creditsToJson,
  formatCredits,
  minCredits,
  sumCredits,
  zeroCredits,
} from "../kernel/credits.js";
import type { HoldId } from "../kernel/ids.js";
import { approve, refuse, type Verdict } from "../kernel/verdict.js";
import {
  type Book,
  type NewHold,
  type OpenHold,
  type Posting,
  post,
  type Reason,
  type Step,
} from "./decide.js";
import { type AgentToken, refuseToken, refuseTokenOnHold } from "./decide-budget.js";
import { countBack, countSpend, type SpendWindows } from "./decide-limits.js";
import { countBoth, refuseFrozen, refuseInDebt, type Spent, toSpent } from "./decide-spend.js";
import { burn, tooFew } from "./decide-withdrawal.js";
import { type LotSlice, sliceSlices } from "./lots.js";

/** What every decision about a hold knows beside the book. */
interface Asked {
  /** The limits of the API key that is counted; `null` when it has none. */
  readonly keyWindows: SpendWindows | null;
  /** By the database, after the lock. */
  readonly now: Date;
}

export interface PlaceHold extends Asked {
  readonly hold: NewHold;
  /** Open holds that a wallet may have at once. */
  readonly openHoldsMax: number;
  readonly memo: string | null;
}

/**
 * Takes credits aside, lot by lot in burn order; they neither expire nor are spent until the hold ends. It counts in
 * full for spend limits. Refuses with `hold_limit` and with what {@link decideSpend} refuses with.
 */
export function decideHold(book: Book, asked: PlaceHold): Verdict<Posting> {
  const { hold, now, openHoldsMax, memo } = asked;
  assert(hold.amount > 0n && hold.expiresAt > now, "a hold holds something for some time");
  const barred = refuseToken(asked.keyWindows?.budget, book.walletId, now);
  if (barred !== undefined) return barred;
  if (book.frozen) return refuseFrozen();
  const { openHolds } = present(
    book.counts,
    "a movement that places a hold says that it opens one",
  );
  if (openHolds >= openHoldsMax)
    return refuse("hold_limit", {
      detail: `A wallet has at most ${openHoldsMax} open holds. Capture or release one first.`,
      extra: { openHolds },
    });
  const counted = countBoth(book, hold.amount, asked);
  if (!counted.approved) return counted;
  if (book.debt > 0n) return refuseInDebt(book, hold.amount);
  if (hold.amount > book.available) return tooFew(book, hold.amount);
  const steps = burn(book, "hold", hold.amount).map((step) => ({ ...step, holdId: hold.id }));
  const extras = { ...counted.value, newHolds: [{ ...hold, createdAt: now }] };
  const reason = { cause: { type: "hold" as const, id: hold.id }, memo };
  return approve(post(book, steps, reason, extras));
}

/** What a decision about a hold that is there knows beside. */
interface AskedOfHold extends Asked {
  /** The agent's token that asks; `null` when it is no such token, or time. */
  readonly token: AgentToken | null;
}

export interface Capture extends AskedOfHold, Reason {
  readonly holdId: HoldId;
  readonly amount: Credits;
  /** Gives back what is left after it. */
  readonly close: boolean;
}

/**
 * Spends from a hold. More than it has left is refused with `hold_exceeded`, or taken from what is available as far
 * as it goes, as the hold says; that part counts for the spend limits and is refused in a frozen wallet. The held
 * part is never refused: the hold has paid for it. Refuses with `hold_not_open` once it ended or its time is over, and
 * with `forbidden` a token that has ended or has not placed it.
 */
export function decideCapture(book: Book, capture: Capture): Verdict<Spent> {
  const { amount, now } = capture;
  const hold = book.holds.get(capture.holdId);
  if (hold === undefined || hold.expiresAt <= now) return refuseEnded();
  const barred = refuseTokenOnHold(capture.token, hold, { walletId: book.walletId, now });
  if (barred !== undefined) return barred;
  const holds = heldBy(hold);
  const fromHold = minCredits(amount, holds);
  const over = coverRest(book, hold, (amount - fromHold) as Credits, capture);
  if (!over.approved) return over;
  const steps = captureSteps(hold, fromHold);
  const left = (holds - fromHold) as Credits;
  if (capture.close) steps.push(...giveBack(hold, restAfter(hold, fromHold), book.debt));
  steps.push(...burn(book, "spend", over.value.amount));
  const back = capture.close ? left : zeroCredits;
  const posting = post(book, steps, capture, {
    windows: countBack(over.value.windows, back, hold.createdAt, now),
    keyWindows: countBack(over.value.keyWindows, back, hold.createdAt, now),
  });
  const taken = (fromHold + over.value.amount) as Credits;
  return approve(toSpent(posting, taken, amount));
}

interface Rest {
  readonly amount: Credits;
  readonly windows: SpendWindows | null;
  readonly keyWindows: SpendWindows | null;
}

/** What of the part above the hold is taken from the wallet. Limits that are reached leave the rest uncovered. */
function coverRest(book: Book, hold: OpenHold, over: Credits, capture: Capture): Verdict<Rest> {
  const { keyWindows, now } = capture;
  const nothing = { amount: zeroCredits, windows: book.windows, keyWindows };
  if (over === 0n) return approve(nothing);
  if (hold.overCapture === "reject") return refuseExceeded(hold, capture.amount);
  const amount = minCredits(over, book.available);
  if (book.frozen || book.debt > 0n || amount === 0n) return approve(nothing);
  // The key that placed the hold may be a token that has ended meanwhile: then nothing more is spent with it.
  if (refuseToken(keyWindows?.budget, book.walletId, now) !== undefined) return approve(nothing);
  const call = (capture.amount - over + amount) as Credits;
  const byKey = countSpend(keyWindows, amount, now, "key_spend_limit", call);
  const byWallet = countSpend(book.windows, amount, now, "wallet_spend_limit");
  if (!byKey.approved || !byWallet.approved) return approve(nothing);
  return approve({ amount, windows: byWallet.value, keyWindows: byKey.value });
}

export interface Release extends AskedOfHold {
  readonly holdId: HoldId;
  /** Whether time ended it: then it must have passed. */
  readonly expired: boolean;
}

/**
 * Gives back what a hold has left, and pays the wallet's debt with it first. Refuses with `hold_not_open` once it ended,
 * and with `forbidden` a token that has ended or has not placed it.
 */
export function decideRelease(
  book: Book,
  { holdId, expired, ...asked }: Release,
): Verdict<Posting> {
  const hold = book.holds.get(holdId);
  if (hold === undefined) return refuseEnded();
  const { token, now } = asked;
  const barred = refuseTokenOnHold(token, hold, { walletId: book.walletId, now });
  if (barred !== undefined) return barred;
  assert(!expired || hold.expiresAt <= now, "a hold expires when its time has passed");
  const left = heldBy(hold);
  const steps = giveBack(hold, hold.slices, book.debt);
  const cause = { type: expired ? ("expiry" as const) : ("release" as const), id: holdId };
  return approve(
    post(
      book,
      steps,
      { cause, memo: null },
      {
        windows: countBack(book.windows, left, hold.createdAt, now),
        keyWindows: countBack(asked.keyWindows, left, hold.createdAt, now),
      },
    ),
  );
}

/** What a hold has left. */
export function heldBy(hold: OpenHold): Credits {
  return sumCredits(hold.slices.map(({ amount }) => amount));
}

function captureSteps(hold: OpenHold, amount: Credits): Step[] {
  const slices = sliceSlices(hold.slices, amount);
  return slices.map((slice) => ({ ...slice, kind: "capture", holdId: hold.id }));
}

/** What a hold still has after `amount` of it was captured. */
function restAfter(hold: OpenHold, amount: Credits): readonly LotSlice[] {
  const rest = (heldBy(hold) - amount) as Credits;
  return sliceSlices(hold.slices.toReversed(), rest).toReversed();
}

/** Returns slices of a hold to the wallet, which pays its debt with them first. */
function giveBack(hold: OpenHold, slices: readonly LotSlice[], debt: Credits): Step[] {
  const released = slices.map((slice) => ({ ...slice, kind: "release" as const, holdId: hold.id }));
  const repaid = sliceSlices(slices, debt).map((slice) => ({
    ...slice,
    kind: "debt_repayment" as const,
  }));
  return [...released, ...repaid];
}

function refuseEnded(): Verdict<never> {
  return refuse("hold_not_open", {
    detail: "This hold was captured, released or has expired. Place another one.",
  });
}

function refuseExceeded(hold: OpenHold, required: Credits): Verdict<never> {
  const left = heldBy(hold);
  return refuse("hold_exceeded", {
    detail: `The hold has ${formatCredits(left)} credits left. Capture at most that, or place holds that may take more (overCapture).`,
    param: "credits",
    extra: {
      held: creditsToJson(left),
      required: creditsToJson(required),
      shortBy: creditsToJson((required - left) as Credits),
    },
  });
}
