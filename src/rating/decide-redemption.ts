import type { Credits } from "../kernel/credits.js";
import type { QuoteId, WalletId } from "../kernel/ids.js";
import { approve, refuse, type Verdict } from "../kernel/verdict.js";

/** A price that was promised to a wallet for a while. */
export interface Quote {
  readonly id: QuoteId;
  readonly walletId: WalletId;
  readonly event: string;
  /** What is promised: an event is priced by this version. */
  readonly rateCardVersion: number;
  /** What the units of the quote cost; other units cost what the version says. */
  readonly credits: Credits;
  readonly expiresAt: Date;
  /** The hold or usage event that used it, by its id inside. */
  readonly redeemedBy: string | null;
}

/**
 * The version that a hold or usage event of this wallet is priced by because of the quote. Refuses with `not_found`
 * (another wallet's quote is as unknown as none), `quote_redeemed` and `quote_expired`.
 *
 * @param now by the clock of the database, or the time at which the event was accepted
 */
export function decideRedemption(
  quote: Quote | undefined,
  {
    walletId,
    event,
    now,
  }: { readonly walletId: WalletId; readonly event: string; readonly now: Date },
): Verdict<{ readonly rateCardVersion: number }> {
  if (quote === undefined || quote.walletId !== walletId)
    return refuse("not_found", {
      param: "quoteId",
      detail: "This customer has no such quote. Leave quoteId out, or ask for a new quote.",
    });
  if (quote.event !== event)
    return refuse("not_found", {
      param: "quoteId",
      detail: `This quote is for ${quote.event}. Ask for a quote of this event.`,
    });
  if (quote.redeemedBy !== null)
    return refuse("quote_redeemed", {
      param: "quoteId",
      detail: "A quote is good for one hold or event. Ask for another quote.",
    });
  if (now.getTime() >= quote.expiresAt.getTime())
    return refuse("quote_expired", {
      param: "quoteId",
      detail: `The quote was good until ${quote.expiresAt.toISOString()}. Ask for another quote.`,
    });
  return approve({ rateCardVersion: quote.rateCardVersion });
}
