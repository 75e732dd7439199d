import { type ProjectId, publicId } from "../kernel/ids.js";
import type { Context } from "../platform/context.js";
import { inTransaction } from "../platform/db/transaction.js";
import { recordAudit } from "./record-audit.js";
import type { Project } from "./rules.js";
import { lockProject, updateResumed } from "./store/projects.js";

export interface Resumption {
  readonly projectId: ProjectId;
  /** Why it may go on although its books are wrong; `null` when they are in order. */
  readonly forcedBecause: string | null;
}

/**
 * Lets a paused project go on: what was accepted meanwhile is applied, in order. Whether its books are in order is
 * asked before, by whoever calls. One that is not paused is left alone.
 *
 * @returns the project as it was
 */
export async function resumeProject(
  { db }: Pick<Context, "db">,
  { projectId, forcedBecause }: Resumption,
  actor: string,
): Promise<Project> {
  return inTransaction(db, async (trx) => {
    const project = await lockProject(trx, projectId);
    if (project.pausedAt === null) return project;
    await updateResumed(trx, projectId);
    await recordAudit(trx, {
      projectId,
      actor,
      action: "project.resume",
      subject: publicId("project", projectId),
      details: {
        pausedAt: project.pausedAt.toISOString(),
        because: project.pausedBecause,
        ...(forcedBecause === null ? {} : { forcedBecause }),
      },
    });
    return project;
  });
}
