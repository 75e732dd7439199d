import { type Credits, zeroCredits } from "../kernel/credits.js";
import type { ApiKeyId, HoldId } from "../kernel/ids.js";
import { approve, refuse, type Verdict } from "../kernel/verdict.js";
import type { Book, OverCapture, Posting } from "../ledger/decide.js";
import { type AgentToken, refuseTokenOnHold } from "../ledger/decide-budget.js";
import type { Asked } from "../ledger/decide-all.js";
import { decideHold } from "../ledger/decide-hold.js";
import { decideTouch } from "../ledger/decide-touch.js";
import { decideRedemption, type Quote } from "../rating/decide-redemption.js";

export const expiresInSecondsDefault = 900;
export const expiresInSecondsMin = 5;
/** Of one request, and of all extensions together from the moment the hold was placed. */
export const lifeSecondsMax = 86_400;
export const openHoldsMax = 100;
export const descriptionLengthMax = 500;
export const overCaptures = ["reject", "upToAvailable"] as const satisfies readonly OverCapture[];

/** How much is set aside: so many credits, or what a quote has promised. */
export type HoldPrice =
  | { readonly type: "credits"; readonly credits: Credits; readonly rateCardVersion: number }
  /** `undefined` when the project has no such quote. */
  | { readonly type: "quote"; readonly quote: Quote | undefined };

export interface Placement {
  readonly id: HoldId;
  readonly price: HoldPrice;
  readonly expiresInSeconds: number;
  readonly overCapture: OverCapture;
  readonly apiKeyId: ApiKeyId;
  readonly description: string | null;
}

/**
 * Sets credits aside until so many seconds from now. Refuses as `decideRedemption` does for a quote, and as
 * `decideHold` does.
 */
export function decidePlacement(book: Book, placement: Placement, asked: Asked): Verdict<Posting> {
  const priced = priceOf(placement.price, book, asked.now);
  if (!priced.approved) return priced;
  const { id, overCapture, apiKeyId, description } = placement;
  const expiresAt = secondsAfter(asked.now, placement.expiresInSeconds);
  const hold = { ...priced.value, id, overCapture, apiKeyId, description, expiresAt };
  return decideHold(book, { ...asked, hold, openHoldsMax, memo: description });
}

function priceOf(
  price: HoldPrice,
  { walletId }: Book,
  now: Date,
): Verdict<{ readonly amount: Credits; readonly rateCardVersion: number }> {
  if (price.type === "credits")
    return approve({ amount: price.credits, rateCardVersion: price.rateCardVersion });
  const { quote } = price;
  const redeemed = decideRedemption(quote, { walletId, event: quote?.event ?? "", now });
  if (!redeemed.approved) return redeemed;
  const amount = quote?.credits ?? zeroCredits;
  if (amount > 0n) return approve({ amount, ...redeemed.value });
  return refuse("invalid_request", {
    param: "quoteId",
    detail: "This quote is for 0 credits, so there is nothing to set aside. Go on without a hold.",
  });
}

/** Moves no credits, and says until when a hold lasts. */
export interface Extension extends Posting {
  readonly expiresAt: Date;
}

export interface ExtensionOrder {
  readonly holdId: HoldId;
  readonly expiresInSeconds: number;
  /** The agent's token that asks, when it is one. */
  readonly token: AgentToken | null;
  readonly now: Date;
}

/**
 * Lets a hold last until so many seconds from now. Refuses with `hold_not_open` once its time is over, swept or not,
 * with `conflict` when it would end no later than it does already or outlive its day, and with `forbidden` a token that
 * has not placed it or has ended.
 */
export function decideExtension(
  book: Book,
  { holdId, expiresInSeconds, token, now }: ExtensionOrder,
): Verdict<Extension> {
  const hold = book.holds.get(holdId);
  if (hold === undefined || hold.expiresAt <= now)
    return refuse("hold_not_open", { detail: endedDetails.expired });
  const barred = refuseTokenOnHold(token, hold, { walletId: book.walletId, now });
  if (barred !== undefined) return barred;
  const expiresAt = secondsAfter(now, expiresInSeconds);
  const latest = secondsAfter(hold.createdAt, lifeSecondsMax);
  if (expiresAt > latest)
    return refuse("conflict", {
      param: "expiresInSeconds",
      detail: `A hold lasts at most ${lifeSecondsMax} seconds in all, this one until ${latest.toISOString()}. Ask for less, or capture it and place another.`,
      extra: { latestExpiresAt: latest.toISOString() },
    });
  if (expiresAt <= hold.expiresAt)
    return refuse("conflict", {
      param: "expiresInSeconds",
      detail: `The hold lasts until ${hold.expiresAt.toISOString()} already. Ask for more seconds from now, or leave it.`,
      extra: { expiresAt: hold.expiresAt.toISOString() },
    });
  return approve({ ...decideTouch(book), expiresAt });
}

/** What to do, by how a hold has ended. */
export const endedDetails = {
  captured: "All of this hold was captured, or it was closed. Place another one.",
  released: "This hold was released, and its credits are back in the wallet. Place another one.",
  expired: "This hold has expired, and its credits go back to the wallet. Place another one.",
} as const;

function secondsAfter(instant: Date, seconds: number): Date {
  return new Date(instant.getTime() + seconds * 1_000);
}
