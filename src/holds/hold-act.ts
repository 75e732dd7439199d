import { present } from "../kernel/assert.js";
import { zeroCredits } from "../kernel/credits.js";
import { type HoldId, newId, type QuoteId, type WalletId } from "../kernel/ids.js";
import type { Verdict } from "../kernel/verdict.js";
import type { Book, Posting } from "../ledger/decide.js";
import type { Asked, Movement } from "../ledger/decide-all.js";
import { decideCapture, decideRelease } from "../ledger/decide-hold.js";
import type { HoldOfWallet } from "../ledger/read-hold.js";
import type { JsonReply } from "../platform/http/reply.js";
import type { Quote } from "../rating/decide-redemption.js";
import type { CaptureCall, HoldCall, PlaceCall, ReleaseCall } from "./hold-call.js";
import { holdAfter, withState } from "./hold-after.js";
import { decidePlacement, type HoldPrice } from "./rules.js";

/** What the acts of one transaction know, and what each leaves for the next. Filled before any is decided. */
export interface Scene {
  /** Of the rate card in force. */
  rateCardVersion: number;
  readonly quotes: Map<QuoteId, Quote>;
  /** The holds that are used. */
  readonly holds: Map<HoldId, HoldOfWallet>;
}

/** A request about a hold, ready to be decided together with others. */
export interface HoldAct {
  readonly movement: Movement;
  /** What is answered once it was approved. */
  readonly answer: (endedAt?: Date | null) => JsonReply;
  /** The hold that it ended, once it was approved. */
  readonly ended: () => HoldId | undefined;
  /** The quote that it used up, once it was approved. */
  readonly redeemed: () => { readonly quoteId: QuoteId; readonly redeemedBy: string } | undefined;
}

export function toAct(call: HoldCall, walletId: WalletId, scene: Scene): HoldAct {
  switch (call.act) {
    case "place":
      return placing(call, walletId, scene);
    case "capture":
      return capturing(call, walletId, scene);
    case "release":
      return releasing(call, walletId, scene);
  }
}

/**
 * Takes credits aside, and uses the quote up when one says how many. The hold remembers the rate card in force, or
 * that of the quote, by its version.
 */
function placing(
  { order, apiKeyId, answer }: PlaceCall,
  walletId: WalletId,
  scene: Scene,
): HoldAct {
  const id = newId("hold");
  const { customerId, quoteId } = order;
  let placed: HoldOfWallet | undefined;
  const decide = (book: Book, asked: Asked): Verdict<Posting> => {
    const verdict = decidePlacement(
      book,
      { ...order, id, apiKeyId, price: priceOf(order, scene) },
      asked,
    );
    if (!verdict.approved) return verdict;
    const { newHolds, after: balances } = verdict.value;
    const hold = {
      ...present(newHolds[0], "a placement places a hold"),
      walletId,
      state: "open" as const,
      captured: zeroCredits,
      released: zeroCredits,
      endedAt: null,
    };
    placed = { hold, customerId, balances };
    const quote = quoteId === undefined ? undefined : scene.quotes.get(quoteId);
    if (quote !== undefined) scene.quotes.set(quote.id, { ...quote, redeemedBy: id });
    return verdict;
  };
  return {
    movement: { walletId, opens: true, waitsWhilePaused: true, apiKeyId, decide },
    answer: () => answer(present(placed, "it was placed")),
    ended: () => undefined,
    redeemed: () =>
      quoteId === undefined || placed === undefined ? undefined : { quoteId, redeemedBy: id },
  };
}

function priceOf({ credits, quoteId }: PlaceCall["order"], scene: Scene): HoldPrice {
  if (quoteId !== undefined) return { type: "quote", quote: scene.quotes.get(quoteId) };
  const { rateCardVersion } = scene;
  return {
    type: "credits",
    credits: present(credits, "without a quote there are credits"),
    rateCardVersion,
  };
}

/** The hold has paid: neither a frozen wallet nor a spend limit refuses what it covers. */
function capturing(
  { order, apiKeyId, answer }: CaptureCall,
  walletId: WalletId,
  scene: Scene,
): HoldAct {
  const id = newId("capture");
  const { holdId, credits: amount, close } = order;
  let spent = { taken: zeroCredits, shortfall: zeroCredits };
  return using({ holdId, apiKeyId, walletId }, scene, {
    decide: (book, asked, memo) => {
      const reason = { cause: { type: "capture", id }, memo } as const;
      const verdict = decideCapture(book, { ...asked, ...reason, holdId, amount, close });
      if (verdict.approved) spent = verdict.value;
      return verdict;
    },
    answer: (after) => answer({ ...after, id, taken: spent.taken, shortfall: spent.shortfall }),
  });
}

/** A debt of the wallet is paid with it first. Its time may be over, as long as it has not expired in the books. */
function releasing(
  { order, apiKeyId, answer }: ReleaseCall,
  walletId: WalletId,
  scene: Scene,
): HoldAct {
  const { holdId } = order;
  return using({ holdId, apiKeyId, walletId }, scene, {
    decide: (book, asked) => decideRelease(book, { ...asked, holdId, expired: false }),
    answer,
  });
}

interface Use {
  readonly decide: (book: Book, asked: Asked, memo: string | null) => Verdict<Posting>;
  readonly answer: (after: HoldOfWallet) => JsonReply;
}

type Used = Pick<Movement, "walletId" | "apiKeyId"> & { readonly holdId: HoldId };

function using(used: Used, scene: Scene, use: Use): HoldAct {
  const { holdId } = used;
  let after: HoldOfWallet | undefined;
  const decide = (book: Book, asked: Asked): Verdict<Posting> => {
    const before = present(scene.holds.get(holdId), "a hold with a wallet can be read");
    const verdict = use.decide(book, asked, before.hold.description);
    if (!verdict.approved)
      return { approved: false, refusal: withState(verdict.refusal, before.hold) };
    const hold = holdAfter(before.hold, verdict.value, asked.now);
    after = { ...before, hold, balances: verdict.value.after };
    scene.holds.set(holdId, after);
    return verdict;
  };
  return {
    movement: { ...used, waitsWhilePaused: true, decide },
    answer: (endedAt = null) => {
      const { hold, ...rest } = present(after, "it was used");
      return use.answer({ ...rest, hold: { ...hold, endedAt: hold.endedAt && endedAt } });
    },
    ended: () => (after === undefined || after.hold.state === "open" ? undefined : holdId),
    redeemed: () => undefined,
  };
}
