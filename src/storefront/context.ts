import type { CheckoutContext } from "../checkout/start-checkout.js";
import type { Context } from "../platform/context.js";

/** What the hosted pages reach for. */
export interface StorefrontContext extends CheckoutContext, Pick<Context, "clock"> {
  /**
   * Where Stripe's payment pages are, so that the button of a pack may lead there. Browsers hold back a form that
   * ends at an origin which the page does not name.
   */
  readonly formOrigins: readonly string[];
}

const stripeCheckoutOrigin = "https://checkout.stripe.com";

/** The origins of Stripe's payment pages: Stripe's own, or those of the simulator that stands in for Stripe. */
export function paymentOrigins(stripeApiBase: string | undefined): readonly string[] {
  return [stripeApiBase === undefined ? stripeCheckoutOrigin : new URL(stripeApiBase).origin];
}
