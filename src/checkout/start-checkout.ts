import { grantedCredits } from "../catalogue/rules.js";
import { readPack } from "../catalogue/read-packs.js";
import { newId, parsePublicId, type ProjectId, publicId, type PurchaseId } from "../kernel/ids.js";
import { present } from "../kernel/assert.js";
import { Refusal } from "../kernel/refusals.js";
import { openWallet } from "../ledger/open-wallet.js";
import type { Trx } from "../platform/db/connect.js";
import { inTransaction } from "../platform/db/transaction.js";
import {
  claimKey,
  completeKey,
  nameResource,
  releaseKey,
} from "../platform/http/idempotency/claim-key.js";
import type { Idempotency } from "../platform/http/idempotency/idempotency.js";
import type { Reply } from "../platform/http/reply.js";
import type { Context } from "../platform/context.js";
import { askStripe, stripeErrorKind } from "../platform/stripe-client/stripe-error.js";
import { readProject } from "../tenancy/read-project.js";
import { readStripeAccess, type StripeAccess } from "../tenancy/read-stripe-access.js";
import { isAllowedUrl, type Project } from "../tenancy/rules.js";
import { ensureSession } from "./ensure-session.js";
import {
  isElsewhere,
  isOpen,
  isSettled,
  nextCheckSeconds,
  type Purchase,
  walletReturnUrl,
} from "./rules.js";
import { type SettleContext, settlePurchase } from "./settle-purchase.js";
import { findPurchase, insertOrFindOpenPurchase } from "./store.js";

export type CheckoutContext = SettleContext & Pick<Context, "publicUrl">;

export interface CheckoutOrder {
  readonly customerId: string;
  readonly creditPackCode: string;
  /** Where the browser goes after paying; without one our own page says how it went. */
  readonly successUrl: string | null;
  readonly cancelUrl: string | null;
  readonly allowPromotionCodes: boolean;
  /** Answers an open checkout of the pack as it is, wherever it leads: whoever asks may not end one in which a person pays. */
  readonly takesAnyOpen: boolean;
}

interface Step {
  readonly projectId: ProjectId;
  readonly order: CheckoutOrder;
  readonly idempotency: Idempotency | undefined;
}

/** A key's lease: longer than all calls to Stripe with their retries. */
const leaseSeconds = 60;
const replacementsMax = 2;

/**
 * Sells one pack to one customer: the purchase is written first, then Stripe is asked for a session, once. A wallet
 * has one open checkout per pack version, so an impatient customer gets the same one again. It is replaced when it
 * leads elsewhere than asked now and nobody has paid it.
 *
 * @param render turns the purchase into the answer that an idempotency key replays
 */
export async function startCheckout(
  ctx: CheckoutContext,
  step: Step,
  render: (purchase: Purchase, customerId: string) => Reply,
): Promise<Reply> {
  const project = await readProject(ctx, step.projectId);
  checkUrls(step.order, project, ctx.publicUrl);
  const access = await readStripeAccess(ctx, step.projectId);
  for (let replaced = 0; replaced <= replacementsMax; replaced++) {
    const claim = await inTransaction(ctx.db, (trx) => writePurchase(trx, step, access));
    if (claim.outcome === "replay") return claim.reply;
    try {
      const purchase = await reachSession(ctx, access, claim.purchase, step.order);
      if (purchase !== "replaced") return await finish(ctx, step, purchase, render);
    } finally {
      await releaseKey(ctx.db, step.idempotency);
    }
  }
  throw new Refusal("wallet_busy", {
    detail:
      "Other checkouts for this customer and pack are being started at the same moment. Try again.",
    retryAfterSeconds: 1,
  });
}

function checkUrls(order: CheckoutOrder, project: Project, publicUrl: string): void {
  for (const param of ["successUrl", "cancelUrl"] as const) {
    const url = order[param];
    if (url === null || isAllowedUrl(url, project)) continue;
    if (param === "successUrl" && url === walletReturnUrl(publicUrl)) continue;
    const origins = project.allowedOrigins.join(", ");
    throw new Refusal("origin_not_allowed", {
      param,
      detail: `${param} must lead to one of the project's allowed origins (${origins === "" ? "it has none yet" : origins}). Add origins with \`chargly projects allow-origin\`.`,
    });
  }
}

type Written =
  | { readonly outcome: "replay"; readonly reply: Reply }
  | { readonly outcome: "written"; readonly purchase: Purchase };

async function writePurchase(trx: Trx, step: Step, access: StripeAccess): Promise<Written> {
  const id = newId("purchase");
  const { projectId, order, idempotency } = step;
  const resource = publicId("purchase", id);
  const claim = await claimKey(trx, idempotency, { resource, leaseSeconds });
  if (claim.outcome === "replay") return claim;
  if (claim.resumed) {
    const resumed = await findPurchase(trx, projectId, resumedId(claim.resource));
    // One that ended unpaid, or whose account the project left, is of no use any more; a new one is written below.
    if (resumed !== undefined && isResumable(resumed, access))
      return { outcome: "written", purchase: resumed };
  }
  const pack = await readPack(trx, projectId, order.creditPackCode);
  if (!pack.onSale)
    throw new Refusal("pack_not_available", {
      param: "creditPackCode",
      detail: "This credit pack is no longer on sale. List the packs and offer another one.",
    });
  const wallet = await openWallet(trx, projectId, order.customerId);
  const { successUrl, cancelUrl, allowPromotionCodes } = order;
  const purchase = await insertOrFindOpenPurchase(
    trx,
    {
      id,
      projectId,
      walletId: wallet.id,
      creditPackId: pack.id,
      packName: pack.name,
      credits: grantedCredits(pack),
      price: pack.price,
      validityDays: pack.validityDays,
      allowPromotionCodes,
      successUrl,
      cancelUrl,
      accountId: access.accountId,
      livemode: access.livemode,
    },
    nextCheckSeconds(0),
  );
  // A request that goes on for this one must find the purchase that it got, even when that is paid by then.
  await nameResource(trx, idempotency, publicId("purchase", purchase.id));
  return { outcome: "written", purchase };
}

function isResumable(purchase: Purchase, access: StripeAccess): boolean {
  return isSettled(purchase) || (isOpen(purchase) && !isElsewhere(purchase, access));
}

function resumedId(resource: string): PurchaseId {
  return present(parsePublicId("purchase", resource), "a checkout's key names its purchase");
}

/** The purchase with a session that can be paid, or that was paid just now; or the news that it made way. */
async function reachSession(
  ctx: CheckoutContext,
  access: StripeAccess,
  purchase: Purchase,
  order: CheckoutOrder,
): Promise<Purchase | "replaced"> {
  const withSession = await ensureSession(ctx, access, purchase, order.customerId);
  const isFresh = purchase.checkoutSessionId === null;
  if (isFresh && leadsWhereAsked(withSession, order)) return withSession;
  const current = await settlePurchase(ctx, purchase.projectId, purchase.id);
  if (!isOpen(current)) return isSettled(current) ? current : "replaced";
  if (current.state === "processing" || leadsWhereAsked(current, order)) return current;
  return expireSession(ctx, access, current);
}

function leadsWhereAsked(purchase: Purchase, order: CheckoutOrder): boolean {
  if (order.takesAnyOpen) return true;
  return (
    purchase.successUrl === order.successUrl &&
    purchase.cancelUrl === order.cancelUrl &&
    purchase.allowPromotionCodes === order.allowPromotionCodes
  );
}

/** Ends a session that leads elsewhere. If it was paid in this very moment, that stands. */
async function expireSession(
  ctx: CheckoutContext,
  access: StripeAccess,
  purchase: Purchase,
): Promise<Purchase | "replaced"> {
  const sessionId = present(purchase.checkoutSessionId, "an open checkout has a session");
  try {
    await access.stripe.checkout.sessions.expire(sessionId);
  } catch (error) {
    // Stripe refuses to expire what is no longer open; settling below says what it became.
    if (stripeErrorKind(error) !== "refused") await askStripe(() => Promise.reject(error));
  }
  const settled = await settlePurchase(ctx, purchase.projectId, purchase.id);
  return settled.state === "expired" || settled.state === "canceled" ? "replaced" : settled;
}

async function finish(
  ctx: CheckoutContext,
  { order, idempotency }: Step,
  purchase: Purchase,
  render: (purchase: Purchase, customerId: string) => Reply,
): Promise<Reply> {
  const reply = render(purchase, order.customerId);
  return ctx.db.transaction((trx) => completeKey(trx, idempotency, reply));
}
