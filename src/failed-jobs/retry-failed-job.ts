import { readCheckout } from "../checkout/read-checkout.js";
import type { ProjectId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusals.js";
import { retryBatch } from "../metering/retry-batch.js";
import type { Context } from "../platform/context.js";
import { retryRefund } from "../reversals/retry-refund.js";
import { retryEventById } from "../stripe-events/retry-event.js";
import { type FailedJobName, retrying } from "./rules.js";

/**
 * Has failed work done again, by the use case of whoever owns it. The row says so once this resolves, and a sweep rings for it
 * within seconds. A purchase that does not match its payment is never let go this way: a person decides.
 *
 * @param actor `key_…`; see the audit log
 * @throws Refusal `not_found`; `conflict` when it has not failed, or is a purchase
 */
export async function retryFailedJob(
  ctx: Pick<Context, "db">,
  { projectId, job, actor }: RetryOrder,
): Promise<void> {
  switch (job.kind) {
    case "stripe_event":
      return retryEventById(ctx, projectId, job.id, actor);
    case "usage_batch":
      await retryBatch(ctx, projectId, job.id, actor);
      return;
    case "refund":
      return retryRefund(ctx, projectId, job.id, actor);
    case "purchase": {
      const { purchase } = await readCheckout(ctx, projectId, job.id);
      throw new Refusal("conflict", {
        detail:
          purchase.quarantinedAt === null
            ? `The purchase is not quarantined; it is ${purchase.state}.`
            : retrying.purchase.does,
      });
    }
  }
}

export interface RetryOrder {
  readonly projectId: ProjectId;
  readonly job: FailedJobName;
  readonly actor: string;
}
