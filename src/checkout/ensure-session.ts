import { present } from "../kernel/assert.js";
import { publicId } from "../kernel/ids.js";
import type { Context } from "../platform/context.js";
import { inTransaction } from "../platform/db/transaction.js";
import { askStripe, isMissingAt, stripeErrorKind } from "../platform/stripe-client/stripe-error.js";
import type { StripeAccess } from "../tenancy/read-stripe-access.js";
import { failUnopened } from "./endings/store.js";
import type { Purchase } from "./rules.js";
import { findPurchase, keepSession } from "./store.js";
import {
  ensureStripeCustomer,
  replaceStripeCustomer,
} from "./stripe-customers/ensure-stripe-customer.js";
import { sessionParams, sessionUrl } from "./stripe.js";

type SessionContext = Pick<Context, "db" | "publicUrl">;

interface MadeSession {
  readonly id: string;
  readonly url: string;
}

/**
 * The purchase with its Checkout Session. A purchase whose session Stripe refuses ends here as `failed`: Stripe repeats a
 * refusal to the same key for a day, so only a new purchase with a new key can be sold.
 *
 * @throws Refusal `stripe_refused` or `stripe_unavailable`; after the latter the same purchase is tried again
 */
export async function ensureSession(
  ctx: SessionContext,
  access: StripeAccess,
  purchase: Purchase,
  customerId: string,
): Promise<Purchase> {
  if (purchase.checkoutSessionId !== null) return purchase;
  const session = await askStripe(async () => {
    try {
      return await createSession(ctx, access, purchase, customerId);
    } catch (error) {
      await endRefused(ctx, purchase, error);
      throw error;
    }
  });
  return inTransaction(ctx.db, async (trx) => {
    await keepSession(trx, purchase.id, session);
    const kept = await findPurchase(trx, purchase.projectId, purchase.id);
    return present(kept, "a purchase is never deleted");
  });
}

async function endRefused(ctx: SessionContext, purchase: Purchase, error: unknown): Promise<void> {
  const kind = stripeErrorKind(error);
  if (kind !== "refused" && kind !== "missing") return;
  const reason = error instanceof Error ? error.message : kind;
  await failUnopened(ctx.db, purchase.id, `Stripe refused the checkout: ${reason}`);
}

/** The session for the wallet's Stripe customer, or for a new one when the merchant has deleted that one. */
async function createSession(
  ctx: SessionContext,
  access: StripeAccess,
  purchase: Purchase,
  customerId: string,
): Promise<MadeSession> {
  const customer = await ensureStripeCustomer(ctx, access, purchase, customerId);
  try {
    return await requestSession(ctx, access, purchase, customer);
  } catch (error) {
    if (!isMissingAt(error, "customer")) throw error;
    const lost = { customerId, deleted: customer };
    const fresh = await replaceStripeCustomer(ctx, access, purchase, lost);
    return requestSession(ctx, access, purchase, fresh);
  }
}

/**
 * Made once: the idempotency key is the purchase and the customer, so a crash between Stripe's answer and our commit
 * finds the same session again, while a refusal that is remembered for a deleted customer is not met again.
 */
async function requestSession(
  ctx: Pick<Context, "publicUrl">,
  access: StripeAccess,
  purchase: Purchase,
  customer: string,
): Promise<MadeSession> {
  const reference = publicId("purchase", purchase.id);
  const page = `${ctx.publicUrl}/checkout/${reference}`;
  const params = sessionParams(purchase, {
    customer,
    returnUrl: `${page}?session_id={CHECKOUT_SESSION_ID}`,
    cancelUrl: purchase.cancelUrl ?? `${page}?canceled=true`,
  });
  const session = await access.stripe.checkout.sessions.create(params, {
    idempotencyKey: `${reference}.session.${customer}`,
  });
  return { id: session.id, url: sessionUrl(session) };
}
