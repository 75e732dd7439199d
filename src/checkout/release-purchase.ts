import { publicId, type ProjectId, type PurchaseId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusals.js";
import { constraintName } from "../platform/db/errors.js";
import { recordAudit } from "../tenancy/record-audit.js";
import type { Purchase } from "./rules.js";
import { type Judging, type SettleContext, settleAs } from "./settle-purchase.js";
import { findPurchase } from "./store.js";

/**
 * Takes a purchase out of quarantine and settles it by what Stripe says now. What still does not match stays where it
 * is: a release is no way to credit another amount than was agreed. Its line in the audit log commits with it.
 *
 * @throws Refusal `not_found`, or `conflict` when it is not quarantined, still does not match, or would be a second
 * open checkout of the same pack
 */
export async function releasePurchase(
  ctx: SettleContext,
  projectId: ProjectId,
  purchaseId: PurchaseId,
  actor: string,
): Promise<Purchase> {
  const held = await findPurchase(ctx.db, projectId, purchaseId);
  if (held === undefined)
    throw new Refusal("not_found", { detail: "The project has no such purchase." });
  if (held.quarantinedAt === null)
    throw new Refusal("conflict", {
      detail: `The purchase is not quarantined; it is ${held.state}.`,
    });
  const judging = releasing(projectId, actor);
  const settled = await settleAs(ctx, { projectId, purchaseId }, judging).catch(refuseSecondOpen);
  if (settled.quarantinedAt === null) return settled;
  throw new Refusal("conflict", {
    detail: `It still does not match, so it stays quarantined. ${settled.problem ?? ""} Refund it at Stripe, or put it right there and release it again.`,
  });
}

function releasing(projectId: ProjectId, actor: string): Judging {
  return {
    view: (purchase) => ({ ...purchase, quarantinedAt: null, problem: null }),
    record: async (trx, before, after) => {
      if (before.quarantinedAt === null || after.quarantinedAt !== null) return;
      await recordAudit(trx, {
        projectId,
        actor,
        action: "purchase.release",
        subject: publicId("purchase", after.id),
        details: { problem: before.problem, state: after.state },
      });
    },
  };
}

function refuseSecondOpen(error: unknown): never {
  if (constraintName(error) !== "purchases_one_open") throw error;
  throw new Refusal("conflict", {
    detail:
      "It is not paid, and the customer has another open checkout for the same pack. Leave it, or let that one end first.",
  });
}
