import type { ProjectId, PurchaseId, WalletId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusals.js";
import { readWalletById } from "../ledger/read-wallet.js";
import type { Context } from "../platform/context.js";
import type { Database, Trx } from "../platform/db/connect.js";
import type { Purchase } from "./rules.js";
import { findPurchase, findPurchaseAnywhere } from "./store.js";

/** A purchase and whose it is. */
export interface Checkout {
  readonly purchase: Purchase;
  readonly customerId: string;
}

/** Refuses with `not_found` when the project has no such checkout, and likewise when another project has it. */
export async function readCheckout(
  ctx: Pick<Context, "db">,
  projectId: ProjectId,
  purchaseId: PurchaseId,
): Promise<Checkout> {
  const purchase = await findPurchase(ctx.db, projectId, purchaseId);
  return withCustomer(ctx.db, purchase);
}

/** Whose a checkout is; `undefined` when the project has no such one. */
export async function findWalletOfPurchase(
  ctx: Pick<Context, "db">,
  projectId: ProjectId,
  purchaseId: PurchaseId,
): Promise<WalletId | undefined> {
  return (await findPurchase(ctx.db, projectId, purchaseId))?.walletId;
}

/** For the return page, where the browser shows the session it paid. A wrong session is as unknown as a wrong id. */
export async function readCheckoutBySession(
  ctx: Pick<Context, "db">,
  purchaseId: PurchaseId,
  sessionId: string,
): Promise<Checkout> {
  const purchase = await findPurchaseAnywhere(ctx.db, purchaseId);
  const isTheirs =
    purchase !== undefined &&
    (purchase.checkoutSessionId === null || purchase.checkoutSessionId === sessionId);
  return withCustomer(ctx.db, isTheirs ? purchase : undefined);
}

/**
 * For a browser that comes without a session, because it turned back at Stripe. The id alone is hard to guess, but it
 * is no secret: show nothing of the wallet.
 */
export async function readCheckoutAnywhere(
  ctx: Pick<Context, "db">,
  purchaseId: PurchaseId,
): Promise<Checkout> {
  return withCustomer(ctx.db, await findPurchaseAnywhere(ctx.db, purchaseId));
}

async function withCustomer(db: Database | Trx, purchase: Purchase | undefined): Promise<Checkout> {
  const wallet = purchase && (await readWalletById(db, purchase.projectId, purchase.walletId));
  if (purchase === undefined || wallet === undefined)
    throw new Refusal("not_found", { detail: "There is no such checkout." });
  return { purchase, customerId: wallet.customerId };
}
