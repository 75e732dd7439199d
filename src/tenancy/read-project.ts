import type { ProjectId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusals.js";
import type { Context } from "../platform/context.js";
import type { Project, ProjectMode } from "./rules.js";
import {
  findProject,
  findProjectByName,
  selectPausedProjects,
  selectProjects,
  countPaused,
} from "./store/projects.js";

const projectsMax = 1_000;

/** The project of an id that is known to exist, such as an authenticated key's. */
export async function readProject(ctx: Pick<Context, "db">, id: ProjectId): Promise<Project> {
  const project = await findProject(ctx.db, id);
  if (project !== undefined) return project;
  throw new Refusal("not_found", { detail: "There is no such project." });
}

export async function readProjectByName(
  ctx: Pick<Context, "db">,
  name: string,
  mode: ProjectMode,
): Promise<Project | undefined> {
  return findProjectByName(ctx.db, name, mode);
}

export async function listProjects(ctx: Pick<Context, "db">): Promise<readonly Project[]> {
  return selectProjects(ctx.db, projectsMax);
}

/** The projects that are paused, the longest first. */
export async function listPausedProjects(
  ctx: Pick<Context, "db">,
  { limit }: { readonly limit: number },
): Promise<readonly Project[]> {
  return selectPausedProjects(ctx.db, limit);
}

export async function countPausedProjects(ctx: Pick<Context, "db">): Promise<number> {
  return countPaused(ctx.db);
}
