import { type ProjectId, publicId, type UsageBatchId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusals.js";
import type { Context } from "../platform/context.js";
import { inTransaction } from "../platform/db/transaction.js";
import { recordAudit } from "../tenancy/record-audit.js";
import { type Lane, releaseBatch } from "./store/lanes.js";
import { findBatchState } from "./store/quarantine.js";

/**
 * Puts a quarantined batch back into its lane, once its cause is gone; what still cannot be applied comes back. No
 * event is charged twice by it: nothing of a batch in quarantine was applied.
 *
 * @returns the lane to ring for. Whoever has no queue leaves that to the sweep, which takes two seconds
 * @throws Refusal `not_found`, or `conflict` when the batch is not in quarantine
 */
export async function retryBatch(
  ctx: Pick<Context, "db">,
  projectId: ProjectId,
  batchId: UsageBatchId,
  actor: string,
): Promise<Lane> {
  return inTransaction(ctx.db, async (trx) => {
    const state = await findBatchState(trx, projectId, batchId);
    if (state === undefined)
      throw new Refusal("not_found", { detail: "The project has no such batch of usage." });
    const lane = await releaseBatch(trx, projectId, batchId);
    if (lane === undefined)
      throw new Refusal("conflict", {
        detail:
          state.appliedAt === null
            ? "The batch is not in quarantine; it is waiting to be applied."
            : "The batch is not in quarantine; it was applied.",
      });
    await recordAudit(trx, {
      projectId,
      actor,
      action: "usage_batch.retry",
      subject: publicId("usageBatch", batchId),
      details: { problem: state.problem },
    });
    return lane;
  });
}
