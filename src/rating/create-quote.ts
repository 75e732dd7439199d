import {
  type ApiKeyId,
  newId,
  type ProjectId,
  type QuoteId,
  type WalletId,
} from "../kernel/ids.js";
import { Refusal } from "../kernel/refusals.js";
import { approvedOrThrow } from "../kernel/verdict.js";
import { readBook } from "../ledger/read-book.js";
import type { Database } from "../platform/db/connect.js";
import type { RateCards } from "./create-rate-cards.js";
import { type Affordability, decideAffordability } from "./decide-affordability.js";
import { explainPrice, type PriceExplanation } from "./explain-price.js";
import { type Affordable, maxAffordable } from "./max-affordable.js";
import { shortfallPolicyOf, type Units } from "./price.js";
import { currentRateCardVersion } from "./read-rate-cards.js";
import { insertQuote } from "./store.js";

export const freezeSecondsMin = 60;
export const freezeSecondsMax = 3_600;

export interface QuoteRequest {
  readonly projectId: ProjectId;
  readonly customerId: string;
  /** The key that asks: its spend limits count too. */
  readonly apiKeyId: ApiKeyId | null;
  readonly event: string;
  readonly units: Units;
  /** Keeps the price for so long; `undefined` writes nothing. */
  readonly freezeSeconds?: number | undefined;
}

/** What an event would cost now, and whether the wallet can pay it. */
export interface AnsweredQuote extends PriceExplanation, Affordability {
  readonly maxAffordable: Affordable;
  readonly frozen: { readonly quoteId: QuoteId; readonly expiresAt: Date } | undefined;
}

/**
 * Prices an event by the version in force, and asks what spending that would be answered now. Takes no lock, so by the
 * time it is spent the answer may be another. A customer without a wallet has nothing available; asking opens none, so
 * there is nothing that a price could be frozen for: `not_found`. Refuses as `priceEvent` does.
 */
export async function createQuote(
  { db, rateCards }: { readonly db: Database; readonly rateCards: RateCards },
  { event, units, freezeSeconds, ...asking }: QuoteRequest,
): Promise<AnsweredQuote> {
  const { projectId } = asking;
  const version = await currentRateCardVersion(db, projectId);
  const card = await rateCards.get(db, projectId, version);
  const price = approvedOrThrow(explainPrice(card, event, units));
  const { book, opened, keyWindows, now } = await readBook(db, asking);
  const { credits } = price;
  const shortfall = shortfallPolicyOf(card, event);
  const affordability = decideAffordability(book, { credits, shortfall, keyWindows, now });
  const most = approvedOrThrow(maxAffordable(card, event, units, affordability.spendable));
  const walletId = opened ? book.walletId : undefined;
  const frozen =
    freezeSeconds === undefined
      ? undefined
      : await freeze(db, walletId, { projectId, event, price, seconds: freezeSeconds });
  // Not even what is free is applied to a frozen wallet.
  const maxUnits = book.frozen ? 0n : most.units;
  return { ...price, ...affordability, maxAffordable: { ...most, units: maxUnits }, frozen };
}

interface Promised {
  readonly projectId: ProjectId;
  readonly event: string;
  readonly price: PriceExplanation;
  readonly seconds: number;
}

async function freeze(
  db: Database,
  walletId: WalletId | undefined,
  { price, ...promised }: Promised,
): Promise<AnsweredQuote["frozen"]> {
  if (walletId === undefined)
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
    walletId,
    credits,
    rateCardVersion,
  });
  return { quoteId, expiresAt };
}
