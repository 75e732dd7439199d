import type Stripe from "stripe";
import { parsePublicId, type ProjectId, type PurchaseId } from "../kernel/ids.js";
import { askStripe, stripeErrorKind } from "../platform/stripe-client/stripe-error.js";
import { readStripeAccess, type StripeAccess } from "../tenancy/read-stripe-access.js";
import type { SettleContext } from "./settle-purchase.js";
import { findPurchase, findPurchaseByIntent, findPurchaseBySession } from "./store.js";
import { idOf, purchaseMetadataKey } from "./stripe.js";

/** A Stripe object that an event is about. Its contents are not trusted, only its kind and id. */
export interface StripeReference {
  readonly kind: "checkout.session" | "payment_intent" | "charge";
  readonly id: string;
}

export interface FoundPurchase {
  readonly purchaseId: PurchaseId;
  readonly sessionId: string | undefined;
}

/**
 * The purchase that a Stripe object belongs to, or `undefined` when it is none of the project's. Looks at our own
 * rows first; asks Stripe when the event came before our commit, or is about a payment of somebody else.
 */
export async function findPurchaseOf(
  ctx: SettleContext,
  projectId: ProjectId,
  reference: StripeReference,
): Promise<FoundPurchase | undefined> {
  const access = await readStripeAccess(ctx, projectId);
  try {
    switch (reference.kind) {
      case "checkout.session":
        return await findBySession(ctx, access, projectId, reference.id);
      case "payment_intent":
        return await findByIntent(ctx, access, projectId, reference.id);
      case "charge":
        return await findByCharge(ctx, access, projectId, reference.id);
    }
  } catch (error) {
    if (stripeErrorKind(error) === "missing") return undefined; // an object of another account
    return askStripe(() => Promise.reject(error));
  }
}

async function findBySession(
  ctx: SettleContext,
  access: StripeAccess,
  projectId: ProjectId,
  sessionId: string,
): Promise<FoundPurchase | undefined> {
  const known = await findPurchaseBySession(ctx.db, projectId, access.accountId, sessionId);
  if (known !== undefined) return { purchaseId: known.id, sessionId };
  return ourPurchase(ctx, projectId, await access.stripe.checkout.sessions.retrieve(sessionId));
}

async function findByIntent(
  ctx: SettleContext,
  access: StripeAccess,
  projectId: ProjectId,
  intentId: string,
): Promise<FoundPurchase | undefined> {
  const known = await findPurchaseByIntent(ctx.db, projectId, access.accountId, intentId);
  if (known !== undefined)
    return { purchaseId: known.id, sessionId: known.checkoutSessionId ?? undefined };
  const sessions = await access.stripe.checkout.sessions.list({
    payment_intent: intentId,
    limit: 1,
  });
  const session = sessions.data[0];
  return session === undefined ? undefined : ourPurchase(ctx, projectId, session);
}

async function findByCharge(
  ctx: SettleContext,
  access: StripeAccess,
  projectId: ProjectId,
  chargeId: string,
): Promise<FoundPurchase | undefined> {
  const charge = await access.stripe.charges.retrieve(chargeId);
  const intentId = idOf(charge.payment_intent);
  return intentId === null ? undefined : findByIntent(ctx, access, projectId, intentId);
}

/**
 * The purchase that a session names, if this project wrote it. Asks the metadata, which only the account's owner can
 * write: the reference can be given by a buyer in the address of a payment link.
 */
async function ourPurchase(
  ctx: SettleContext,
  projectId: ProjectId,
  session: Stripe.Checkout.Session,
): Promise<FoundPurchase | undefined> {
  const purchaseId = parsePublicId("purchase", session.metadata?.[purchaseMetadataKey]);
  if (purchaseId === undefined) return undefined;
  const purchase = await findPurchase(ctx.db, projectId, purchaseId);
  return purchase === undefined ? undefined : { purchaseId, sessionId: session.id };
}
