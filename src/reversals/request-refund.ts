import { assert, present } from "../kernel/assert.js";
import { creditsToJson } from "../kernel/credits.js";
import { newId, parsePublicId, type ProjectId, publicId, type PurchaseId } from "../kernel/ids.js";
import { formatMoney } from "../kernel/money.js";
import { Refusal } from "../kernel/refusals.js";
import { approve, approvedOrThrow } from "../kernel/verdict.js";
import { readReturnable, type Returnable } from "../ledger/read-returnable.js";
import { reservePurchase } from "../ledger/reserve-purchase.js";
import type { Context } from "../platform/context.js";
import type { Trx } from "../platform/db/connect.js";
import { inTransaction } from "../platform/db/transaction.js";
import { claimKey, completeKey, releaseKey } from "../platform/http/idempotency/claim-key.js";
import type { Idempotency } from "../platform/http/idempotency/idempotency.js";
import type { Reply } from "../platform/http/reply.js";
import { recordAudit } from "../tenancy/record-audit.js";
import { finishRefund } from "./finish-refund.js";
import { gatherRefund, type PaidPurchase } from "./gather-refund.js";
import { type DecidedRefund, decideRefund, type Refund, type RefundAsk } from "./rules.js";
import { findRefund, hasUnfinished, insertRefund } from "./store.js";

export type RefundContext = Pick<Context, "db" | "vault" | "stripeClients" | "log">;

export interface RefundOrder {
  readonly projectId: ProjectId;
  readonly purchaseId: PurchaseId;
  readonly ask: RefundAsk;
  /** Who: `key_…` or `cli:…`. */
  readonly actor: string;
}

const leaseSeconds = 60;

/**
 * Sends money of a purchase back. The refund is written with its credits set aside, in one transaction; then Stripe is
 * asked under a key made of the refund's id; then the purchase is settled, which takes the credits. When it is not known
 * what Stripe did, the refund is answered as `requested`, and `refunds.sweep` finds out and finishes it.
 *
 * @throws Refusal what {@link gatherRefund} and {@link decideRefund} refuse with, `refund_in_progress` while another one
 *   of the purchase is not finished, `stripe_refused` when Stripe said no: then the credits are free again
 */
export async function requestRefund(
  ctx: RefundContext,
  order: RefundOrder,
  idempotency: Idempotency | undefined,
  render: (refund: Refund) => Reply,
): Promise<Reply> {
  const paid = await gatherRefund(ctx, order.projectId, order.purchaseId);
  const claim = await inTransaction(ctx.db, (trx) => writeRefund(trx, order, paid, idempotency));
  if (claim.outcome === "replay") return claim.reply;
  try {
    const refund = await finishRefund(ctx, claim.refund);
    return await inTransaction(ctx.db, (trx) => completeKey(trx, idempotency, render(refund)));
  } finally {
    await releaseKey(ctx.db, idempotency);
  }
}

/** {@link requestRefund} for the command line, which repeats nothing by itself. */
export async function refundPurchase(ctx: RefundContext, order: RefundOrder): Promise<Refund> {
  const paid = await gatherRefund(ctx, order.projectId, order.purchaseId);
  const claim = await inTransaction(ctx.db, (trx) => writeRefund(trx, order, paid, undefined));
  assert(claim.outcome === "written", "without a key nothing is replayed");
  return finishRefund(ctx, claim.refund);
}

/** What {@link requestRefund} would do now. Writes nothing but what settling finds. */
export async function previewRefund(
  ctx: RefundContext,
  { projectId, purchaseId, ask }: Omit<RefundOrder, "actor">,
): Promise<DecidedRefund> {
  const paid = await gatherRefund(ctx, projectId, purchaseId);
  const { walletId } = paid.purchase;
  const there = await readReturnable(ctx.db, { walletId, purchaseId });
  return approvedOrThrow(decide(paid, present(there, "a settled purchase has a lot"), ask));
}

function decide({ purchase, money }: PaidPurchase, there: Returnable, ask: RefundAsk) {
  const { credits, granted } = purchase;
  const { unspent, reversed } = there;
  return decideRefund({ credits, granted, money, unspent, reversed }, ask);
}

type Written =
  | { readonly outcome: "replay"; readonly reply: Reply }
  | { readonly outcome: "written"; readonly refund: Refund };

async function writeRefund(
  trx: Trx,
  order: RefundOrder,
  paid: PaidPurchase,
  idempotency: Idempotency | undefined,
): Promise<Written> {
  const id = newId("refund");
  const { projectId, purchaseId, ask } = order;
  const claim = await claimKey(trx, idempotency, {
    resource: publicId("refund", id),
    leaseSeconds,
  });
  if (claim.outcome === "replay") return claim;
  const resumed = claim.resumed ? parsePublicId("refund", claim.resource) : undefined;
  const before = resumed && (await findRefund(trx, projectId, resumed));
  if (before !== undefined) return { outcome: "written", refund: before };
  const { walletId, description } = paid.purchase;
  let decided: DecidedRefund | undefined;
  const reserve = await reservePurchase(trx, {
    walletId,
    purchaseId,
    purpose: "refund",
    memo: `refund of ${description}`,
    size: (there) => {
      const verdict = decide(paid, there, ask);
      if (!verdict.approved) return verdict;
      decided = verdict.value;
      return approve(verdict.value.credits);
    },
  });
  const isUnderWay = await hasUnfinished(trx, purchaseId);
  if (reserve === undefined || decided === undefined || isUnderWay)
    throw new Refusal("refund_in_progress", {
      detail:
        "Another refund of this purchase is not finished yet. Wait for it, then refund the rest.",
      retryAfterSeconds: 5,
    });
  const refund = await insertRefund(trx, {
    ...decided,
    id: resumed ?? id,
    projectId,
    walletId,
    purchaseId,
    accountId: paid.access.accountId,
    chargeId: paid.money.chargeId,
    actor: order.actor,
  });
  await recordAudit(trx, {
    projectId,
    actor: order.actor,
    action: "purchase.refund",
    subject: publicId("purchase", purchaseId),
    details: {
      refund: publicId("refund", refund.id),
      amount: formatMoney(refund.money),
      credits: creditsToJson(refund.credits),
    },
  });
  return { outcome: "written", refund };
}
