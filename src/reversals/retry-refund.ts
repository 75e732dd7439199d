import { type ProjectId, publicId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusals.js";
import type { Context } from "../platform/context.js";
import { inTransaction } from "../platform/db/transaction.js";
import { recordAudit } from "../tenancy/record-audit.js";
import type { RefundId } from "./rules.js";
import { findRefund, hastenRefund } from "./store.js";

/**
 * Has a refund that nobody has finished looked at now, instead of when its next look is due: the sweep rings for it. Finishing
 * asks Stripe first whether it has the refund, so trying again never sends money twice.
 *
 * @throws Refusal `not_found`, or `conflict` when it has ended
 */
export async function retryRefund(
  { db }: Pick<Context, "db">,
  projectId: ProjectId,
  id: RefundId,
  actor: string,
): Promise<void> {
  await inTransaction(db, async (trx) => {
    const refund = await findRefund(trx, projectId, id);
    if (refund === undefined)
      throw new Refusal("not_found", { detail: "The project has no such refund." });
    if (!(await hastenRefund(trx, projectId, id)))
      throw new Refusal("conflict", {
        detail: `The refund has ended; it is ${refund.state}. There is nothing to try again.`,
      });
    const subject = publicId("refund", id);
    await recordAudit(trx, { projectId, actor, action: "refund.retry", subject });
  });
}
