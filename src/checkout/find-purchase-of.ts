import type Stripe from "stripe";
import { parsePublicId, type ProjectId, type PurchaseId } from "../kernel/ids.js";
import { askStripe, stripeErrorKind } from "../platform/stripe-client/stripe-error.js";
import { readStripeAccess, type StripeAccess } from "../tenancy/read-stripe-access.js";
import { findReturnedPurchase } from "./returns/store.js";
import type { SettleContext } from "./settle-purchase.js";
import { findPurchase, findPurchaseByStripe } from "./store.js";
import { idOf, purchaseMetadataKey } from "./stripe.js";

/** A Stripe object that an event is about. Its contents are not trusted, only its kind and id. */
export interface StripeReference {
  readonly kind:
    | "checkout.session"
    | "payment_intent"
    | "charge"
    | "refund"
    | "dispute"
    | "radar.early_fraud_warning";
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
    return await findBy({ ctx, projectId, access }, reference);
  } catch (error) {
    if (stripeErrorKind(error) === "missing") return undefined; // an object of another account
    return askStripe(() => Promise.reject(error));
  }
}

interface Search {
  readonly ctx: SettleContext;
  readonly projectId: ProjectId;
  readonly access: StripeAccess;
}

async function findBy(
  search: Search,
  { kind, id }: StripeReference,
): Promise<FoundPurchase | undefined> {
  switch (kind) {
    case "checkout.session":
      return findBySession(search, id);
    case "payment_intent":
      return findByIntent(search, id);
    case "charge":
      return findByCharge(search, id);
    case "refund":
    case "dispute":
      return findByReturn(search, kind, id);
    case "radar.early_fraud_warning":
      return findByPayment(
        search,
        await search.access.stripe.radar.earlyFraudWarnings.retrieve(id),
      );
  }
}

async function findBySession(
  search: Search,
  sessionId: string,
): Promise<FoundPurchase | undefined> {
  const known = await findOwn(search, "checkout_session_id", sessionId);
  return (
    known ?? ourPurchase(search, await search.access.stripe.checkout.sessions.retrieve(sessionId))
  );
}

async function findByIntent(search: Search, intentId: string): Promise<FoundPurchase | undefined> {
  const known = await findOwn(search, "payment_intent_id", intentId);
  if (known !== undefined) return known;
  const sessions = await search.access.stripe.checkout.sessions.list({
    payment_intent: intentId,
    limit: 1,
  });
  const session = sessions.data[0];
  return session === undefined ? undefined : ourPurchase(search, session);
}

async function findByCharge(search: Search, chargeId: string): Promise<FoundPurchase | undefined> {
  const known = await findOwn(search, "charge_id", chargeId);
  if (known !== undefined) return known;
  const charge = await search.access.stripe.charges.retrieve(chargeId);
  const intentId = idOf(charge.payment_intent);
  return intentId === null ? undefined : findByIntent(search, intentId);
}

/** A refund or dispute has none of our metadata: it leads to its payment, and that to the purchase. */
async function findByReturn(
  search: Search,
  kind: "refund" | "dispute",
  id: string,
): Promise<FoundPurchase | undefined> {
  const { ctx, projectId, access } = search;
  const owner = { projectId, accountId: access.accountId };
  const purchaseId = await findReturnedPurchase(ctx.db, { kind, id }, owner);
  if (purchaseId !== undefined) return { purchaseId, sessionId: undefined };
  const returned =
    kind === "refund"
      ? await access.stripe.refunds.retrieve(id)
      : await access.stripe.disputes.retrieve(id);
  return findByPayment(search, returned);
}

type Named = string | { readonly id: string } | null;

/** By the payment that an object names, and by its charge when it names none. */
async function findByPayment(
  search: Search,
  named: { readonly payment_intent?: Named; readonly charge: Named },
): Promise<FoundPurchase | undefined> {
  const intentId = idOf(named.payment_intent);
  if (intentId !== null) return findByIntent(search, intentId);
  const chargeId = idOf(named.charge);
  return chargeId === null ? undefined : findByCharge(search, chargeId);
}

/** From our own rows. */
async function findOwn(
  { ctx, projectId, access }: Search,
  column: "checkout_session_id" | "payment_intent_id" | "charge_id",
  id: string,
): Promise<FoundPurchase | undefined> {
  const owner = { projectId, accountId: access.accountId };
  const known = await findPurchaseByStripe(ctx.db, owner, column, id);
  if (known === undefined) return undefined;
  return { purchaseId: known.id, sessionId: known.checkoutSessionId ?? undefined };
}

/**
 * The purchase that a session names, if this project wrote it. Asks the metadata, which only the account's owner can
 * write: the reference can be given by a buyer in the address of a payment link.
 */
async function ourPurchase(
  { ctx, projectId }: Search,
  session: Stripe.Checkout.Session,
): Promise<FoundPurchase | undefined> {
  const purchaseId = parsePublicId("purchase", session.metadata?.[purchaseMetadataKey]);
  if (purchaseId === undefined) return undefined;
  const purchase = await findPurchase(ctx.db, projectId, purchaseId);
  return purchase === undefined ? undefined : { purchaseId, sessionId: session.id };
}
