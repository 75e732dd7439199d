import { parsePublicId, publicId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusals.js";
import type { Context } from "../platform/context.js";
import { listProjects } from "./read-project.js";
import type { Project } from "./rules.js";

const namedMax = 20;

/**
 * The project that an operator means: by `prj_…` or by name, or the only one when nothing is said. What is unknown or
 * could be two is refused with the list of choices.
 */
export async function chooseProject(
  ctx: Pick<Context, "db">,
  choice: string | undefined,
): Promise<Project> {
  const projects = await listProjects(ctx);
  const id = parsePublicId("project", choice);
  const meant = projects.filter(
    (project) => choice === undefined || project.id === id || project.name === choice,
  );
  const [only] = meant;
  if (only !== undefined && meant.length === 1) return only;
  if (projects.length === 0)
    throw new Refusal("not_found", {
      detail:
        "There is no project yet. Make one: chargly projects create --name my-product --mode test",
    });
  if (meant.length === 0)
    throw new Refusal("not_found", {
      param: "project",
      detail: `There is no project "${choice}". Choose one of:\n${choices(projects)}`,
    });
  throw new Refusal("conflict", {
    param: "project",
    detail: `Say which project, with --project and its id or name:\n${choices(meant)}`,
  });
}

function choices(projects: readonly Project[]): string {
  const lines = projects
    .slice(0, namedMax)
    .map(({ id, name, mode }) => `  ${publicId("project", id)}  ${mode}  ${name}`);
  const left = projects.length - lines.length;
  return [...lines, ...(left > 0 ? [`  and ${left} more`] : [])].join("\n");
}
