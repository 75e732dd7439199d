import { present } from "../kernel/assert.js";
import { type Credits, zeroCredits } from "../kernel/credits.js";
import { type ApiKeyId, newId, type ProjectId, type QuoteId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusals.js";
import type { OverCapture } from "../ledger/decide.js";
import { openWallet } from "../ledger/open-wallet.js";
import { postMovements } from "../ledger/post-movements.js";
import type { HoldOfWallet } from "../ledger/read-hold.js";
import type { Trx } from "../platform/db/connect.js";
import { currentRateCardVersion } from "../rating/read-rate-cards.js";
import { lockQuotes, markQuotesRedeemed } from "../rating/redeem-quote.js";
import { decidePlacement, type HoldPrice } from "./rules.js";

export interface HoldOrder {
  readonly projectId: ProjectId;
  readonly customerId: string;
  /** Exactly one of these two says how much. */
  readonly credits?: Credits | undefined;
  readonly quoteId?: QuoteId | undefined;
  /** By the database's clock. */
  readonly expiresInSeconds: number;
  readonly overCapture: OverCapture;
  readonly description: string | null;
  /** The key that asks: the hold counts for its spend limits. */
  readonly apiKeyId: ApiKeyId;
}

/**
 * Takes credits of a customer aside, and uses the quote up when one says how many. It remembers the rate card in
 * force, or that of the quote, by its version. Opens the wallet on first touch.
 *
 * @throws Refusal `insufficient_credits`, `wallet_in_debt`, `wallet_frozen`, `wallet_spend_limit`,
 *   `key_spend_limit`, `hold_limit`; for a quote `not_found`, `quote_redeemed`, `quote_expired`
 */
export async function placeHold(trx: Trx, order: HoldOrder): Promise<HoldOfWallet> {
  const { customerId, projectId } = order;
  const price = await readPrice(trx, order);
  const id = newId("hold");
  const { id: walletId } = await openWallet(trx, projectId, customerId);
  const placement = { ...order, id, price };
  const [posting] = await postMovements(trx, [
    {
      walletId,
      opens: true,
      apiKeyId: order.apiKeyId,
      decide: (book, asked) => decidePlacement(book, placement, asked),
    },
  ]);
  const { newHolds, after } = present(posting, "one movement makes one posting");
  const [placed] = newHolds;
  if (order.quoteId !== undefined)
    await markQuotesRedeemed(trx, [{ quoteId: order.quoteId, redeemedBy: id }]);
  const hold = {
    ...present(placed, "a placement places a hold"),
    walletId,
    state: "open" as const,
    captured: zeroCredits,
    released: zeroCredits,
    endedAt: null,
  };
  return { hold, customerId, balances: after };
}

/** A quote stays locked until the end, so that of two holds one gets it. */
async function readPrice(trx: Trx, { projectId, credits, quoteId }: HoldOrder): Promise<HoldPrice> {
  if (credits !== undefined && quoteId === undefined) {
    const rateCardVersion = await currentRateCardVersion(trx, projectId);
    return { type: "credits", credits, rateCardVersion };
  }
  if (credits === undefined && quoteId !== undefined)
    return { type: "quote", quote: (await lockQuotes(trx, projectId, [quoteId])).get(quoteId) };
  throw new Refusal("invalid_request", {
    param: "credits",
    detail: "Send either credits or quoteId, to say how much is set aside.",
  });
}
