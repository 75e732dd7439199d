import { present } from "../kernel/assert.js";
import type { Context } from "../platform/context.js";
import type { StripeAccess } from "../tenancy/read-stripe-access.js";
import { stopChecks } from "./endings/store.js";
import type { Purchase } from "./rules.js";
import { findPurchase } from "./store.js";

/**
 * An open purchase of a Stripe account or mode that the project has left. Its payment cannot be read any more, so
 * nobody looks at it by itself; it stays as it is and says why. Connecting the old account again lets it be settled.
 */
export async function leaveUnreachable(
  ctx: Pick<Context, "db">,
  purchase: Purchase,
  { accountId, livemode }: StripeAccess,
): Promise<Purchase> {
  const problem =
    purchase.accountId === accountId
      ? `The project was connected to Stripe's ${livemode ? "live" : "test"} mode after this checkout began in the other one.`
      : `The project was connected to the Stripe account ${accountId} after this checkout began in ${purchase.accountId}.`;
  await stopChecks(ctx.db, purchase, problem);
  const left = await findPurchase(ctx.db, purchase.projectId, purchase.id);
  return present(left, "a purchase is never deleted");
}
