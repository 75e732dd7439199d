import { publicId, type WalletId } from "../../kernel/ids.js";
import type { Context } from "../../platform/context.js";
import { askStripe } from "../../platform/stripe-client/stripe-error.js";
import type { StripeAccess } from "../../tenancy/read-stripe-access.js";
import type { Purchase } from "../rules.js";
import { exchangeStripeCustomer, findStripeCustomer, keepStripeCustomer } from "./store.js";

type Owner = Pick<Purchase, "projectId" | "walletId">;

/** One Stripe customer per wallet and account, guarded by a unique row: two racers keep the same one. */
export async function ensureStripeCustomer(
  ctx: Pick<Context, "db">,
  access: StripeAccess,
  { projectId, walletId }: Owner,
  customerId: string,
): Promise<string> {
  const { accountId } = access;
  const known = await findStripeCustomer(ctx.db, walletId, accountId);
  if (known !== undefined) return known;
  const stripeCustomerId = await createCustomer(access, walletId, customerId, "customer");
  return keepStripeCustomer(ctx.db, { projectId, walletId, accountId, stripeCustomerId });
}

/**
 * Another Stripe customer for a wallet whose own was deleted at Stripe. The new one's key names the deleted one: Stripe
 * would answer the first key with the deleted customer for a day, and racers that lost the same one get the same one.
 */
export async function replaceStripeCustomer(
  ctx: Pick<Context, "db">,
  access: StripeAccess,
  { projectId, walletId }: Owner,
  { customerId, deleted }: { readonly customerId: string; readonly deleted: string },
): Promise<string> {
  const fresh = await createCustomer(access, walletId, customerId, `customer.${deleted}`);
  const { accountId } = access;
  await exchangeStripeCustomer(ctx.db, { walletId, accountId, deleted, fresh });
  return keepStripeCustomer(ctx.db, { projectId, walletId, accountId, stripeCustomerId: fresh });
}

async function createCustomer(
  access: StripeAccess,
  walletId: WalletId,
  customerId: string,
  purpose: string,
): Promise<string> {
  const wallet = publicId("wallet", walletId);
  const customer = await askStripe(() =>
    access.stripe.customers.create(
      { metadata: { chargly_wallet: wallet, customer_id: customerId } },
      { idempotencyKey: `${wallet}.${access.accountId}.${purpose}` },
    ),
  );
  return customer.id;
}
