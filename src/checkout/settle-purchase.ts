import type { ProjectId, PurchaseId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusals.js";
import type { Context } from "../platform/context.js";
import type { Trx } from "../platform/db/connect.js";
import { inTransaction } from "../platform/db/transaction.js";
import { askStripe } from "../platform/stripe-client/stripe-error.js";
import { readStripeAccess, type StripeAccess } from "../tenancy/read-stripe-access.js";
import { keepSettlement } from "./keep-settlement.js";
import { leaveUnreachable } from "./leave-unreachable.js";
import { grantOrHold } from "./post-grant.js";
import { reportSettlement } from "./report-settlement.js";
import { gatherReturns } from "./returns/gather-returns.js";
import { postReversal } from "./returns/post-reversal.js";
import { hasDisputes } from "./returns/store.js";
import {
  decideSettlement,
  isElsewhere,
  isOpen,
  type PaymentFacts,
  type Purchase,
} from "./rules.js";
import { findPurchase, lockPurchase } from "./store.js";
import { expandedIntent, readPaymentFacts, sessionExpand } from "./stripe.js";

export type SettleContext = Pick<Context, "db" | "vault" | "stripeClients" | "log">;

const roundsMax = 5;

/**
 * Makes the wallet have what Stripe says it should have, whoever asks and however often: webhooks in any order, the
 * success page, the sweep, reconciliation. Reads the payment, its refunds and its disputes from Stripe, decides, and
 * posts the difference, granted or taken back, in one short transaction. Facts that were read before somebody else's
 * change are thrown away and read again. Asks Stripe once; more only for disputes and for more than ten refunds.
 *
 * @param sessionId the session when the caller knows that the project's account has it; needed while our own row does not
 * name it yet, and to read a purchase that was agreed in another account than the project's of now
 * @param look `disputes` when the caller heard of one, so that they are read whatever the charge says
 * @throws Refusal `not_found` for an unknown purchase, `stripe_unavailable` or `stripe_refused` when Stripe cannot be read
 */
export async function settlePurchase(
  ctx: SettleContext,
  projectId: ProjectId,
  purchaseId: PurchaseId,
  sessionId?: string,
  look?: Look,
): Promise<Purchase> {
  return settleAs(ctx, { projectId, purchaseId, sessionId, look }, asItStands);
}

/** What to read beside what a settled payment needs anyway. */
export interface Look {
  readonly disputes: boolean;
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
  { projectId, purchaseId, sessionId, look }: SettleRequest,
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
    const disputes = look?.disputes === true || (await isKnownDisputed(ctx, purchase));
    const facts = await readFacts(access, session, { disputes });
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
  readonly look?: Look | undefined;
}

/** A payment that was never settled has no disputes here, so the way to the first credits asks the database nothing. */
async function isKnownDisputed(ctx: SettleContext, purchase: Purchase): Promise<boolean> {
  return purchase.chargeId !== null && (await hasDisputes(ctx.db, purchase.id));
}

async function readFacts(
  access: StripeAccess,
  sessionId: string,
  look: Look,
): Promise<PaymentFacts> {
  const { stripe } = access;
  return askStripe(async () => {
    const session = await stripe.checkout.sessions.retrieve(sessionId, { expand: sessionExpand });
    const intent = expandedIntent(session);
    const returned = intent === null ? null : await gatherReturns(stripe, intent, look);
    return readPaymentFacts(session, access, returned);
  });
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
    const reversal = await postReversal(trx, purchase, settlement.reversed, facts.returned);
    const settled = await keepSettlement(trx, purchase, facts, { settlement, reversal });
    await judging.record(trx, purchase, settled);
    reportSettlement(ctx, purchase, settled, reversal);
    return settled;
  });
}
