import { publicId, type WalletId } from "../kernel/ids.js";
import type { Context } from "../platform/context.js";
import { askStripe } from "../platform/stripe-client/stripe-error.js";
import type { StripeAccess } from "../tenancy/read-stripe-access.js";
import type { Purchase } from "./rules.js";
import { findStripeCustomer, keepStripeCustomer } from "./store.js";
import { sessionParams, sessionUrl } from "./stripe.js";

/**
 * The Checkout Session of a purchase, made once: the idempotency key is the purchase, so a crash between Stripe's
 * answer and our commit finds the same session again.
 */
export async function createSession(
  ctx: Pick<Context, "db" | "publicUrl">,
  access: StripeAccess,
  purchase: Purchase,
  customerId: string,
): Promise<{ readonly id: string; readonly url: string }> {
  const customer = await ensureStripeCustomer(ctx, access, purchase, customerId);
  const reference = publicId("purchase", purchase.id);
  const page = `${ctx.publicUrl}/checkout/${reference}`;
  const params = sessionParams(purchase, {
    customer,
    returnUrl: `${page}?session_id={CHECKOUT_SESSION_ID}`,
    cancelUrl: purchase.cancelUrl ?? `${page}?canceled=true`,
  });
  const session = await askStripe(() =>
    access.stripe.checkout.sessions.create(params, { idempotencyKey: `${reference}.session` }),
  );
  return { id: session.id, url: sessionUrl(session) };
}

/** One Stripe customer per wallet and account, guarded by a unique row: two racers keep the same one. */
async function ensureStripeCustomer(
  ctx: Pick<Context, "db">,
  access: StripeAccess,
  { projectId, walletId }: Pick<Purchase, "projectId" | "walletId">,
  customerId: string,
): Promise<string> {
  const { accountId } = access;
  const known = await findStripeCustomer(ctx.db, walletId, accountId);
  if (known !== undefined) return known;
  const customer = await askStripe(() =>
    access.stripe.customers.create(
      { metadata: { chargly_wallet: publicId("wallet", walletId), customer_id: customerId } },
      { idempotencyKey: customerKey(walletId, accountId) },
    ),
  );
  return keepStripeCustomer(ctx.db, {
    projectId,
    walletId,
    accountId,
    stripeCustomerId: customer.id,
  });
}

function customerKey(walletId: WalletId, accountId: string): string {
  return `${publicId("wallet", walletId)}.${accountId}.customer`;
}
