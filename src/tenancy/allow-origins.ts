import type { ProjectId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusals.js";
import type { Context } from "../platform/context.js";
import { canonicalOrigins } from "./create-project.js";
import { recordAudit } from "./record-audit.js";
import type { Project } from "./rules.js";
import { lockProject, updateAllowedOrigins } from "./store/projects.js";

const originsMax = 50;

/**
 * Lets browsers be sent to these origins too, beside those that are allowed already. Two callers at once both get
 * what they added.
 */
export async function allowOrigins(
  ctx: Pick<Context, "db">,
  projectId: ProjectId,
  origins: readonly string[],
  actor: string,
): Promise<Project> {
  return ctx.db.transaction(async (trx) => {
    const project = await lockProject(trx, projectId);
    const wanted = canonicalOrigins(origins, project.mode);
    const allowedOrigins = [...new Set([...project.allowedOrigins, ...wanted])];
    const added = allowedOrigins.slice(project.allowedOrigins.length);
    if (added.length === 0) return project;
    if (allowedOrigins.length > originsMax)
      throw new Refusal("invalid_request", {
        param: "allowedOrigins",
        detail: `A project has at most ${originsMax} origins; these would make ${allowedOrigins.length}.`,
      });
    await updateAllowedOrigins(trx, projectId, allowedOrigins);
    await recordAudit(trx, {
      projectId,
      actor,
      action: "project.allow_origins",
      subject: project.name,
      details: { added },
    });
    return { ...project, allowedOrigins };
  });
}
