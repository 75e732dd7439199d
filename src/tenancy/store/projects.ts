import { present } from "../../kernel/assert.js";
import type { ProjectId } from "../../kernel/ids.js";
import type { Database, Trx } from "../../platform/db/connect.js";
import { ProjectRow } from "../models.js";
import type { Project, ProjectMode } from "../rules.js";

export async function insertProject(
  trx: Database | Trx,
  project: Omit<Project, "createdAt" | "pausedAt" | "pausedBecause">,
): Promise<ProjectRow> {
  return ProjectRow.query(trx).insertAndFetch({
    ...project,
    allowedOrigins: [...project.allowedOrigins],
  });
}

export async function findProject(
  trx: Database | Trx,
  id: ProjectId,
): Promise<ProjectRow | undefined> {
  return ProjectRow.query(trx).findById(id);
}

export async function lockProject(trx: Trx, id: ProjectId): Promise<ProjectRow> {
  return present(
    await ProjectRow.query(trx).findById(id).forUpdate(),
    "a project is never deleted",
  );
}

export async function findProjectByName(
  trx: Database | Trx,
  name: string,
  mode: ProjectMode,
): Promise<ProjectRow | undefined> {
  return ProjectRow.query(trx).findOne({ name, mode });
}

export async function selectProjects(trx: Database | Trx, limit: number): Promise<ProjectRow[]> {
  return ProjectRow.query(trx).orderBy("id").limit(limit);
}

export async function updateAllowedOrigins(
  trx: Database | Trx,
  id: ProjectId,
  allowedOrigins: readonly string[],
): Promise<void> {
  await ProjectRow.query(trx)
    .findById(id)
    .patch({ allowedOrigins: [...allowedOrigins] });
}

/** Answers nothing when it was paused before: the first reason stays. */
export async function updatePaused(
  trx: Trx,
  id: ProjectId,
  because: string,
): Promise<ProjectRow | undefined> {
  return ProjectRow.query(trx)
    .patch({ pausedAt: trx.raw("clock_timestamp()"), pausedBecause: because })
    .where({ id })
    .whereNull("paused_at")
    .returning("*")
    .first();
}

export async function updateResumed(trx: Trx, id: ProjectId): Promise<void> {
  await ProjectRow.query(trx).findById(id).patch({ pausedAt: null, pausedBecause: null });
}

export async function selectPausedProjects(
  db: Database | Trx,
  limit: number,
): Promise<ProjectRow[]> {
  return ProjectRow.query(db).whereNotNull("paused_at").orderBy("paused_at").limit(limit);
}

export async function countPaused(db: Database | Trx): Promise<number> {
  return ProjectRow.query(db).whereNotNull("paused_at").resultSize();
}
