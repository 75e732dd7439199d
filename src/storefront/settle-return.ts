import { findPurchaseOf } from "../checkout/find-purchase-of.js";
import {
  type Checkout,
  readCheckoutAnywhere,
  readCheckoutBySession,
} from "../checkout/read-checkout.js";
import { isSettled, type Purchase, walletReturnUrl } from "../checkout/rules.js";
import { settlePurchase } from "../checkout/settle-purchase.js";
import type { Credits } from "../kernel/credits.js";
import type { PurchaseId } from "../kernel/ids.js";
import { Refusal, type RefusalCode } from "../kernel/refusals.js";
import { readWalletById } from "../ledger/read-wallet.js";
import { TookTooLong, within } from "../platform/queue/within.js";
import { readProject } from "../tenancy/read-project.js";
import type { Project } from "../tenancy/rules.js";
import { createWalletLink } from "../wallets/create-wallet-link.js";
import type { StorefrontContext } from "./context.js";
import { leadsToWallet, returnState, type ReturnState } from "./rules.js";

/** What the return page may tell about one checkout. */
export interface ReturnedCheckout {
  readonly purchase: Purchase;
  readonly project: Pick<Project, "name" | "mode">;
  readonly state: ReturnState;
  /** What can be spent now; only for the browser that has the session. */
  readonly available: Credits | undefined;
  /** Whether the buyer wants to go back to the wallet page, and not to a page of the merchant. */
  readonly leadsToWalletPage: boolean;
  /** A fresh link to that page, for who has paid. */
  readonly walletUrl: string | undefined;
}

/** A person is waiting; what takes longer goes on unseen, and the page looks again. */
const settleTimeoutMs = 8_000;
const walletLinkTtlSeconds = 3_600;

/** Stripe or another settler is in the way. The state that we know is a better answer than an error. */
const passing: ReadonlySet<RefusalCode> = new Set([
  "stripe_unavailable",
  "stripe_refused",
  "stripe_not_connected",
  "wallet_busy",
]);

/**
 * Settles the checkout that a browser comes back from, exactly as its webhook would, and tells how it went.
 * Refuses with `not_found` an unknown checkout and a session that is not the checkout's, alike.
 *
 * @param sessionId `undefined` for a browser that turned back; it learns nothing of the wallet
 */
export async function settleReturn(
  ctx: StorefrontContext,
  purchaseId: PurchaseId,
  sessionId: string | undefined,
): Promise<ReturnedCheckout> {
  const known =
    sessionId === undefined
      ? await readCheckoutAnywhere(ctx, purchaseId)
      : await readCheckoutBySession(ctx, purchaseId, sessionId);
  const settled = await settleInTime(ctx, known, sessionId);
  const purchase = settled ?? known.purchase;
  const { projectId, walletId } = purchase;
  const project = await readProject(ctx, projectId);
  const hasSession = sessionId !== undefined && purchase.checkoutSessionId === sessionId;
  const wallet = hasSession ? await readWalletById(ctx.db, projectId, walletId) : undefined;
  return {
    purchase,
    project,
    state: returnState(purchase, settled !== undefined),
    available: wallet?.available,
    leadsToWalletPage: purchase.successUrl === walletReturnUrl(ctx.publicUrl),
    walletUrl: freshWalletUrl(ctx, purchase, hasSession),
  };
}

/** The purchase as Stripe has it now, or `undefined` when Stripe could not be asked in time. */
async function settleInTime(
  ctx: StorefrontContext,
  known: Checkout,
  sessionId: string | undefined,
): Promise<Purchase | undefined> {
  const { purchase } = known;
  if (isSettled(purchase) || purchase.quarantinedAt !== null) return purchase;
  try {
    return await within(settle(ctx, purchase, sessionId), settleTimeoutMs, "settling a checkout");
  } catch (error) {
    const isPassing = error instanceof Refusal && passing.has(error.code);
    if (!isPassing && !(error instanceof TookTooLong)) throw error;
    ctx.log.warn({ err: error }, "a returning buyer's checkout could not be settled right now");
    return undefined;
  }
}

async function settle(
  ctx: StorefrontContext,
  { id, projectId, checkoutSessionId }: Purchase,
  sessionId: string | undefined,
): Promise<Purchase> {
  if (checkoutSessionId === null && sessionId !== undefined) {
    // Our own row does not name its session yet, so Stripe has to say whose this one is.
    const reference = { kind: "checkout.session", id: sessionId } as const;
    const found = await findPurchaseOf(ctx, projectId, reference);
    if (found?.purchaseId !== id)
      throw new Refusal("not_found", { detail: "There is no such checkout." });
  }
  return settlePurchase(ctx, projectId, id, sessionId);
}

function freshWalletUrl(
  ctx: StorefrontContext,
  purchase: Purchase,
  hasSession: boolean,
): string | undefined {
  const walletUrl = walletReturnUrl(ctx.publicUrl);
  const nowMs = ctx.clock.nowMs();
  if (!leadsToWallet(purchase, { walletUrl, nowMs, hasSession })) return undefined;
  return createWalletLink(ctx, { id: purchase.walletId }, walletLinkTtlSeconds).url;
}
