import { type Credits, zeroCredits } from "../kernel/credits.js";
import { newId, type ProjectId, type QuoteId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusals.js";
import { approvedOrThrow } from "../kernel/verdict.js";
import { readWallet, type Wallet } from "../ledger/read-wallet.js";
import type { Database } from "../platform/db/connect.js";
import type { RateCards } from "./create-rate-cards.js";
import { explainPrice, type PriceExplanation } from "./explain-price.js";
import { type Affordable, maxAffordable, shortBy, spendable } from "./max-affordable.js";
import type { Units } from "./price.js";
import { currentRateCardVersion } from "./read-rate-cards.js";
import { insertQuote } from "./store.js";

export const freezeSecondsMin = 60;
export const freezeSecondsMax = 3_600;

export interface QuoteRequest {
  readonly projectId: ProjectId;
  readonly customerId: string;
  readonly event: string;
  readonly units: Units;
  /** Keeps the price for so long; `undefined` writes nothing. */
  readonly freezeSeconds?: number | undefined;
}

/** What an event would cost now, and whether the wallet can pay it. */
export interface AnsweredQuote extends PriceExplanation {
  readonly available: Credits;
  /** How many credits have to come in first, debt included; 0 when the wallet can pay. */
  readonly shortBy: Credits;
  readonly maxAffordable: Affordable;
  readonly frozen: { readonly quoteId: QuoteId; readonly expiresAt: Date } | undefined;
}

/**
 * Prices an event by the version in force. A customer without a wallet has nothing available; asking opens none, so
 * there is nothing that a price could be frozen for: `not_found`. Refuses as `priceEvent` does.
 */
export async function createQuote(
  { db, rateCards }: { readonly db: Database; readonly rateCards: RateCards },
  { projectId, customerId, event, units, freezeSeconds }: QuoteRequest,
): Promise<AnsweredQuote> {
  const version = await currentRateCardVersion(db, projectId);
  const card = await rateCards.get(db, projectId, version);
  const price = approvedOrThrow(explainPrice(card, event, units));
  const wallet = await readWallet(db, projectId, customerId);
  const { available, debt } = wallet ?? { available: zeroCredits, debt: zeroCredits };
  const frozen =
    freezeSeconds === undefined
      ? undefined
      : await freeze(db, wallet, { projectId, event, price, seconds: freezeSeconds });
  return {
    ...price,
    available,
    shortBy: shortBy(price.credits, { available, debt }),
    maxAffordable: approvedOrThrow(
      maxAffordable(card, event, units, spendable({ available, debt })),
    ),
    frozen,
  };
}

interface Promised {
  readonly projectId: ProjectId;
  readonly event: string;
  readonly price: PriceExplanation;
  readonly seconds: number;
}

async function freeze(
  db: Database,
  wallet: Wallet | undefined,
  { price, ...promised }: Promised,
): Promise<AnsweredQuote["frozen"]> {
  if (wallet === undefined)
    throw new Refusal("not_found", {
      param: "customerId",
      detail:
        "This customer never had credits, so there is no wallet to keep a price for. Ask without freezeSeconds.",
    });
  const quoteId = newId("quote");
  const { credits, rateCardVersion } = price;
  const { expiresAt } = await insertQuote(db, {
    ...promised,
    id: quoteId,
    walletId: wallet.id,
    credits,
    rateCardVersion,
  });
  return { quoteId, expiresAt };
}
