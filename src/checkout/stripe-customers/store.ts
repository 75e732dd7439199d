import { present } from "../../kernel/assert.js";
import type { ProjectId, WalletId } from "../../kernel/ids.js";
import type { Database, Trx } from "../../platform/db/connect.js";
import { StripeCustomerRow } from "../models.js";

export async function findStripeCustomer(
  trx: Database | Trx,
  walletId: WalletId,
  accountId: string,
): Promise<string | undefined> {
  const row = await StripeCustomerRow.query(trx).findById([walletId, accountId]);
  return row?.stripeCustomerId;
}

/** The first one to be kept stays; everybody gets that one. */
export async function keepStripeCustomer(
  trx: Database | Trx,
  customer: {
    readonly projectId: ProjectId;
    readonly walletId: WalletId;
    readonly accountId: string;
    readonly stripeCustomerId: string;
  },
): Promise<string> {
  await StripeCustomerRow.query(trx)
    .insert(customer)
    .onConflict(["wallet_id", "account_id"])
    .ignore();
  const kept = await findStripeCustomer(trx, customer.walletId, customer.accountId);
  return present(kept, "a kept Stripe customer can be read");
}

/** Puts a new customer in the place of a deleted one, at once: a racer never finds the place empty. */
export async function exchangeStripeCustomer(
  trx: Database | Trx,
  customer: {
    readonly walletId: WalletId;
    readonly accountId: string;
    readonly deleted: string;
    readonly fresh: string;
  },
): Promise<void> {
  await StripeCustomerRow.query(trx).patch({ stripeCustomerId: customer.fresh }).where({
    wallet_id: customer.walletId,
    account_id: customer.accountId,
    stripe_customer_id: customer.deleted,
  });
}
