import type Stripe from "stripe";
import { readCheckout } from "../checkout/read-checkout.js";
import { readReturns } from "../checkout/returns/read-returns.js";
import type { Purchase } from "../checkout/rules.js";
import { type SettleContext, settlePurchase } from "../checkout/settle-purchase.js";
import { present } from "../kernel/assert.js";
import { type ProjectId, publicId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusals.js";
import { releaseReserve } from "../ledger/release-reserve.js";
import type { Trx } from "../platform/db/connect.js";
import { inTransaction } from "../platform/db/transaction.js";
import { askStripe, stripeErrorKind } from "../platform/stripe-client/stripe-error.js";
import { readStripeAccess, type StripeAccess } from "../tenancy/read-stripe-access.js";
import { isRepeatable, type Refund, type RefundId } from "./rules.js";
import { findRefund, keepAccepted, keepFailed, keepFinished, readNow } from "./store.js";
import { freezeIfWarned } from "./warnings/heed-warnings.js";

/** The key under which our refund's id stands in Stripe's metadata. */
const refundMetadataKey = "chargly_refund";
const listedMax = 100;

/**
 * Goes on with a refund from wherever it is: asks Stripe for it, settles its purchase, gives back what is left of its
 * reserve. Safe to call at once and again. One of which Stripe's answer is unknown stays `requested`.
 *
 * @throws Refusal `stripe_refused` when Stripe said no just now
 */
export async function finishRefund(ctx: SettleContext, refund: Refund): Promise<Refund> {
  if (refund.finishedAt !== null) return refund;
  if (refund.state === "requested" && !(await sendRefund(ctx, refund))) return refund;
  await trySettle(ctx, refund);
  return readAgain(ctx, refund);
}

/** Stripe has the refund, whatever hinders settling it now: its event or the sweep settles it later. */
async function trySettle(ctx: SettleContext, refund: Refund): Promise<void> {
  try {
    await settleRefund(ctx, refund);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const id = publicId("refund", refund.id);
    ctx.log.warn({ error, refund: id }, "a refund is not settled yet");
  }
}

/**
 * The same for one that nobody has finished: first asks Stripe whether it has it. One that Stripe has not, and whose key
 * it may have forgotten by now, is given up.
 */
export async function resumeRefund(
  ctx: SettleContext,
  projectId: ProjectId,
  id: RefundId,
): Promise<void> {
  const refund = await findRefund(ctx.db, projectId, id);
  if (refund === undefined || refund.finishedAt !== null) return;
  if (refund.state === "requested") {
    const access = await readStripeAccess(ctx, projectId);
    const found = await askStripe(() => findAtStripe(access, refund));
    if (found !== undefined) await accept(ctx, refund, found);
    else if (!isRepeatable(refund, await readNow(ctx.db)))
      return giveUp(ctx, refund, "Stripe never got it, and it is too old to be sent again.");
  }
  await finishRefund(ctx, await readAgain(ctx, refund));
}

async function readAgain(ctx: SettleContext, { projectId, id }: Refund): Promise<Refund> {
  return present(await findRefund(ctx.db, projectId, id), "a refund is never deleted");
}

/** Whether Stripe is known to have it. */
async function sendRefund(ctx: SettleContext, refund: Refund): Promise<boolean> {
  const access = await readStripeAccess(ctx, refund.projectId);
  try {
    await accept(ctx, refund, await askForRefund(access, refund));
    return true;
  } catch (error) {
    const kind = stripeErrorKind(error);
    if (kind === undefined) throw error;
    if (kind === "refused" || kind === "missing") {
      await giveUp(ctx, refund, error instanceof Error ? error.message : String(error));
      await askStripe(() => Promise.reject(error));
    }
    ctx.log.warn(
      { error, refund: publicId("refund", refund.id) },
      "it is not known whether Stripe has a refund",
    );
    return false;
  }
}

function askForRefund({ stripe }: StripeAccess, refund: Refund): Promise<Stripe.Refund> {
  const reference = publicId("refund", refund.id);
  return stripe.refunds.create(
    {
      charge: refund.chargeId,
      amount: Number(refund.money.amountMinor),
      metadata: { [refundMetadataKey]: reference },
    },
    { idempotencyKey: `refund ${reference}` },
  );
}

async function findAtStripe(
  { stripe }: StripeAccess,
  { id, chargeId }: Refund,
): Promise<Stripe.Refund | undefined> {
  const reference = publicId("refund", id);
  for await (const refund of stripe.refunds.list({ charge: chargeId, limit: listedMax }))
    if (refund.metadata?.[refundMetadataKey] === reference) return refund;
  return undefined;
}

async function accept(ctx: SettleContext, { id }: Refund, { id: stripeId }: Stripe.Refund) {
  await inTransaction(ctx.db, (trx) => keepAccepted(trx, id, stripeId));
}

/** Nothing went back, so the credits are free again. */
async function giveUp(ctx: SettleContext, refund: Refund, problem: string): Promise<void> {
  const { purchase } = await readCheckout(ctx, refund.projectId, refund.purchaseId);
  await inTransaction(ctx.db, async (trx) => {
    if (await keepFailed(trx, refund.id, problem)) await giveBack(trx, purchase);
  });
}

/** The reversal takes what was set aside; what it did not need is given back once it is posted. */
async function settleRefund(ctx: SettleContext, refund: Refund): Promise<void> {
  const { projectId, purchaseId, id } = refund;
  const purchase = await settlePurchase(ctx, projectId, purchaseId);
  const { stripeRefundId } = await readAgain(ctx, refund);
  const returns = await readReturns(ctx, projectId, purchaseId);
  if (!returns.some((each) => each.id === stripeRefundId))
    throw new Refusal("wallet_busy", {
      detail: "Stripe does not list the refund yet. It is settled as soon as it does.",
      retryAfterSeconds: 5,
    });
  await inTransaction(ctx.db, async (trx) => {
    if (await keepFinished(trx, id)) await giveBack(trx, purchase);
  });
}

/** What is left of the reserve is free, unless a warning of fraud wants it: that is asked under the wallet's lock. */
async function giveBack(trx: Trx, purchase: Purchase): Promise<void> {
  const { id: purchaseId, walletId } = purchase;
  await releaseReserve(trx, { walletId, purchaseId, purpose: "refund" });
  await freezeIfWarned(trx, purchase);
}
