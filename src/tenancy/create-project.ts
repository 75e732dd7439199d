import { newId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusals.js";
import type { Context } from "../platform/context.js";
import { constraintName } from "../platform/db/errors.js";
import { recordAudit } from "./record-audit.js";
import { canonicalOrigin, type Project, type ProjectMode } from "./rules.js";
import { insertProject } from "./store/projects.js";

export interface NewProject {
  readonly name: string;
  readonly mode: ProjectMode;
  readonly allowedOrigins: readonly string[];
}

/** Opens a project. Its name is unique within its mode; a second one of that name is a `conflict`. */
export async function createProject(
  ctx: Pick<Context, "db">,
  wanted: NewProject,
  actor: string,
): Promise<Project> {
  const allowedOrigins = canonicalOrigins(wanted.allowedOrigins, wanted.mode);
  const { name, mode } = wanted;
  try {
    return await ctx.db.transaction(async (trx) => {
      const project = await insertProject(trx, {
        id: newId("project"),
        name,
        mode,
        allowedOrigins,
      });
      await recordAudit(trx, {
        projectId: project.id,
        actor,
        action: "project.create",
        subject: name,
        details: { mode, allowedOrigins },
      });
      return project;
    });
  } catch (error) {
    if (constraintName(error) !== "projects_name") throw error;
    throw new Refusal("conflict", {
      param: "name",
      detail: `There is a ${mode} project named "${name}" already. Choose another name.`,
    });
  }
}

/** The origins in canonical form; the first one that may not be used is refused by name. */
export function canonicalOrigins(origins: readonly string[], mode: ProjectMode): readonly string[] {
  return origins.map((origin) => {
    const canonical = canonicalOrigin(origin, mode);
    if (canonical !== undefined) return canonical;
    throw new Refusal("invalid_request", {
      param: "allowedOrigins",
      detail: `"${origin}" is not an origin such as https://app.example.com${
        mode === "test" ? " or http://localhost:3000" : ""
      }.`,
    });
  });
}
