import { publicId, type WalletId } from "../../kernel/ids.js";
import type { Context } from "../../platform/context.js";
import { askStripe } from "../../platform/stripe-client/stripe-error.js";
import type { StripeAccess } from "../../tenancy/read-stripe-access.js";
import type { Purchase } from "../rules.js";
import { findStripeCustomer, keepStripeCustomer } from "./store.js";

/** One Stripe customer per wallet and account, guarded by a unique row: two racers keep the same one. */
export async function ensureStripeCustomer(
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
