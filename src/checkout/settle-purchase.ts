import { type Credits, creditsLimit, formatCredits, zeroCredits } from "../kernel/credits.js";
import { publicId, type ProjectId, type PurchaseId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusals.js";
import { decideGrant } from "../ledger/decide-grant.js";
import { postMovements } from "../ledger/post-movements.js";
import type { Context } from "../platform/context.js";
import type { Trx } from "../platform/db/connect.js";
import { instantInDays } from "../platform/db/instant-in-days.js";
import { inTransaction } from "../platform/db/transaction.js";
import { askStripe } from "../platform/stripe-client/stripe-error.js";
import { readStripeAccess, type StripeAccess } from "../tenancy/read-stripe-access.js";
import { leaveUnreachable } from "./leave-unreachable.js";
import {
  decideSettlement,
  isElsewhere,
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
 * @param sessionId the session when the caller knows that the project's account has it; needed while our own row does not
 * name it yet, and to read a purchase that was agreed in another account than the project's of now
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
    // A caller who names the session found it in the account that the project is connected to now.
    if (sessionId === undefined && isOpen(purchase) && isElsewhere(purchase, access))
      return leaveUnreachable(ctx, purchase, access);
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
    const due = decideSettlement(judging.view(purchase), facts);
    const settlement = due.grant > 0n ? await grantOrHold(trx, purchase, due) : due;
    const settled = await keep(trx, purchase, facts, settlement);
    await judging.record(trx, purchase, settled);
    report(ctx, purchase, settled);
    return settled;
  });
}

/** A wallet that is too full stays so for a while, so a person decides. The ledger refuses before it writes anything. */
async function grantOrHold(trx: Trx, purchase: Purchase, due: Settlement): Promise<Settlement> {
  try {
    await postGrant(trx, purchase, due.grant);
    return due;
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== "balance_limit") throw error;
    const problem = `It was paid as agreed, but the wallet cannot take ${formatCredits(due.grant)} credits more: it would reach ${formatCredits(creditsLimit)}.`;
    return { state: purchase.state, grant: zeroCredits, problem, quarantine: true };
  }
}

/** The wallet's lot for the purchase. The database has one grant per purchase, whatever happens here. */
async function postGrant(trx: Trx, purchase: Purchase, amount: Credits): Promise<void> {
  const expiresAt = await instantInDays(trx, purchase.validityDays); // counts from the grant
  await postMovements(trx, [
    {
      walletId: purchase.walletId,
      opens: true,
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
      "a payment was not credited and waits for an operator",
    );
  else if (after.state !== before.state)
    ctx.log.info({ purchase, from: before.state, to: after.state }, "purchase settled");
}
