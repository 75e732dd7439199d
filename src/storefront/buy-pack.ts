import { checkoutUrl } from "../checkout/render-checkout.js";
import { isSettled, type Purchase, walletReturnUrl } from "../checkout/rules.js";
import { startCheckout } from "../checkout/start-checkout.js";
import { publicId } from "../kernel/ids.js";
import { redirect, type Reply } from "../platform/http/reply.js";
import type { StorefrontContext } from "./context.js";
import { openLink } from "./open-link.js";
import { withCheckout } from "./rules.js";
import { walletPath } from "./wallet-path.js";

/**
 * Starts the checkout of a pack from the wallet page and sends the browser to pay it. A second click finds the same
 * checkout again; when that one was paid just now, it leads back to the wallet instead of charging twice.
 */
export async function buyPack(
  ctx: StorefrontContext,
  token: string,
  creditPackCode: string,
): Promise<Reply> {
  const { projectId, customerId } = await openLink(ctx, token);
  const order = {
    customerId,
    creditPackCode,
    successUrl: walletReturnUrl(ctx.publicUrl),
    cancelUrl: null,
    allowPromotionCodes: false,
    takesAnyOpen: false,
  };
  const onward = (purchase: Purchase): string =>
    isSettled(purchase)
      ? withCheckout(walletPath(ctx.publicUrl, token), publicId("purchase", purchase.id))
      : checkoutUrl({ purchase }, ctx.publicUrl);
  return startCheckout(ctx, { projectId, order, idempotency: undefined }, (purchase) =>
    redirect(onward(purchase)),
  );
}
