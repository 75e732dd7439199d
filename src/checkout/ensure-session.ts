import { publicId } from "../kernel/ids.js";
import type { Context } from "../platform/context.js";
import { askStripe } from "../platform/stripe-client/stripe-error.js";
import type { StripeAccess } from "../tenancy/read-stripe-access.js";
import type { Purchase } from "./rules.js";
import { ensureStripeCustomer } from "./stripe-customers/ensure-stripe-customer.js";
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
