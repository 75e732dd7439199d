import type { Credits } from "../kernel/credits.js";
import { publicId, type ProjectId, type PurchaseId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusals.js";
import { decideGrant } from "../ledger/decide.js";
import { postMovements } from "../ledger/post-movements.js";
import type { Context } from "../platform/context.js";
import type { Trx } from "../platform/db/connect.js";
import { instantInDays } from "../platform/db/instant-in-days.js";
import { inTransaction } from "../platform/db/transaction.js";
import { askStripe } from "../platform/stripe-client/stripe-error.js";
import { readStripeAccess, type StripeAccess } from "../tenancy/read-stripe-access.js";
import {
  decideSettlement,
  isOpen,
  nextCheckSeconds,
  type PaymentFacts,
  type Purchase,
  type Settlement,
} from "./rules.js";
import { findPurchase, lockPurchase, updateSettled } from "./store.js";
import { readPaymentFacts, sessionExpand } from "./stripe.js";

export type SettleContext = Pick<Context, "db" | "vault" | "stripeClients" | "log">;

const roundsMax = 5;

/**
 * Makes the wallet have what Stripe says it should have, whoever asks and however often: webhooks in any order, the
 * success page, the sweep, reconciliation. Reads the payment from Stripe, decides, and posts the difference in one
 * short transaction. Facts that were read before somebody else's change are thrown away and read again.
 *
 * @param sessionId the session when the caller knows it; needed only while our own row does not name it yet
 * @throws Refusal `not_found` for an unknown purchase, `stripe_unavailable` or `stripe_refused` when Stripe cannot be read
 */
export async function settlePurchase(
  ctx: SettleContext,
  projectId: ProjectId,
  purchaseId: PurchaseId,
  sessionId?: string,
): Promise<Purchase> {
  return settleAs(ctx, { projectId, purchaseId, sessionId }, asItStands);
}

/** How a purchase is to be judged, and what else to write in the same transaction. */
export interface Judging {
  readonly view: (purchase: Purchase) => Purchase;
  readonly record: (trx: Trx, before: Purchase, after: Purchase) => Promise<void>;
}

const asItStands: Judging = { view: (purchase) => purchase, record: async () => undefined };

/** {@link settlePurchase} for operators, who may have a purchase judged as if it had not been held back. */
export async function settleAs(
  ctx: SettleContext,
  { projectId, purchaseId, sessionId }: SettleRequest,
  judging: Judging,
): Promise<Purchase> {
  for (let round = 0; round < roundsMax; round++) {
    const purchase = await findPurchase(ctx.db, projectId, purchaseId);
    if (purchase === undefined)
      throw new Refusal("not_found", { detail: "The project has no such checkout." });
    const session = purchase.checkoutSessionId ?? sessionId;
    if (session === undefined) return purchase;
    const access = await readStripeAccess(ctx, projectId);
    const facts = await readFacts(access, session);
    const settled = await commit(ctx, purchase, facts, judging);
    if (settled !== "changed meanwhile") return settled;
  }
  throw new Refusal("wallet_busy", {
    detail: "The purchase is being settled by others at the same moment. Try again.",
    retryAfterSeconds: 1,
  });
}

export interface SettleRequest {
  readonly projectId: ProjectId;
  readonly purchaseId: PurchaseId;
  readonly sessionId?: string | undefined;
}

async function readFacts(access: StripeAccess, sessionId: string): Promise<PaymentFacts> {
  const session = await askStripe(() =>
    access.stripe.checkout.sessions.retrieve(sessionId, { expand: sessionExpand }),
  );
  return readPaymentFacts(session, access);
}

async function commit(
  ctx: SettleContext,
  seen: Purchase,
  facts: PaymentFacts,
  judging: Judging,
): Promise<Purchase | "changed meanwhile"> {
  return inTransaction(ctx.db, async (trx) => {
    const purchase = await lockPurchase(trx, seen.id);
    if (purchase.revision !== seen.revision) return "changed meanwhile";
    const settlement = decideSettlement(judging.view(purchase), facts);
    if (settlement.grant > 0n) await postGrant(trx, purchase, settlement.grant);
    const settled = await keep(trx, purchase, facts, settlement);
    await judging.record(trx, purchase, settled);
    report(ctx, purchase, settled);
    return settled;
  });
}

/** The wallet's lot for the purchase. The database has one grant per purchase, whatever happens here. */
async function postGrant(trx: Trx, purchase: Purchase, amount: Credits): Promise<void> {
  const expiresAt = await instantInDays(trx, purchase.validityDays); // counts from the grant
  await postMovements(trx, [
    {
      walletId: purchase.walletId,
      decide: (book) =>
        decideGrant(book, {
          kind: "purchase",
          amount,
          cost: purchase.price,
          expiresAt,
          cause: { type: "purchase", id: purchase.id },
          memo: purchase.description,
        }),
    },
  ]);
}

async function keep(
  trx: Trx,
  purchase: Purchase,
  facts: PaymentFacts,
  settlement: Settlement,
): Promise<Purchase> {
  const granted = (purchase.granted + settlement.grant) as Credits;
  const { state, problem, quarantine } = settlement;
  const chargeId = facts.chargeId ?? purchase.chargeId;
  const paymentIntentId = facts.paymentIntent?.id ?? purchase.paymentIntentId;
  const checkoutSessionId = purchase.checkoutSessionId ?? facts.sessionId;
  const unchanged =
    state === purchase.state &&
    problem === purchase.problem &&
    quarantine === (purchase.quarantinedAt !== null) &&
    granted === purchase.granted &&
    chargeId === purchase.chargeId &&
    paymentIntentId === purchase.paymentIntentId &&
    checkoutSessionId === purchase.checkoutSessionId;
  // A look that finds nothing new leaves no trace, so that many lookers do not send each other round again.
  if (unchanged) return purchase;
  const open = isOpen({ state, quarantinedAt: null }) && !quarantine;
  return updateSettled(trx, purchase.id, {
    state,
    problem,
    quarantine,
    granted,
    chargeId,
    paymentIntentId,
    checkoutSessionId,
    checkAfterSeconds: open ? nextCheckSeconds(0) : null,
  });
}

function report(ctx: SettleContext, before: Purchase, after: Purchase): void {
  const purchase = publicId("purchase", after.id);
  if (after.quarantinedAt !== null && before.quarantinedAt === null)
    ctx.log.error(
      { alert: "purchase_quarantined", purchase, problem: after.problem },
      "a payment does not match its purchase and was not credited",
    );
  else if (after.state !== before.state)
    ctx.log.info({ purchase, from: before.state, to: after.state }, "purchase settled");
}
