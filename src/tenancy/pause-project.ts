import { type ProjectId, publicId } from "../kernel/ids.js";
import type { Context } from "../platform/context.js";
import { inTransaction } from "../platform/db/transaction.js";
import { recordAudit } from "./record-audit.js";
import { updatePaused } from "./store/projects.js";

const becauseLengthMax = 1_000;

/**
 * Pauses a project: usage is accepted and waits, and whoever wants to spend at once or touch a hold is told to come
 * later. What Stripe and operators put in goes on. A project that is paused already stays so, for its first reason.
 *
 * @param because for operators; no secret
 * @returns whether it is this call that paused it
 */
export async function pauseProject(
  { db }: Pick<Context, "db">,
  projectId: ProjectId,
  because: string,
  actor: string,
): Promise<boolean> {
  return inTransaction(db, async (trx) => {
    const paused = await updatePaused(trx, projectId, because.slice(0, becauseLengthMax));
    if (paused === undefined) return false;
    await recordAudit(trx, {
      projectId,
      actor,
      action: "project.pause",
      subject: publicId("project", projectId),
      details: { because: paused.pausedBecause },
    });
    return true;
  });
}
