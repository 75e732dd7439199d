import type { ApiKeyId, ProjectId } from "../kernel/ids.js";
import type { Context } from "../platform/context.js";
import type { ApiKey } from "./rules.js";
import { findApiKey, selectApiKeys } from "./store/keys.js";

const keysMax = 1_000;

/** All secret keys of a project, oldest first, revoked ones included. */
export async function listApiKeys(
  ctx: Pick<Context, "db">,
  projectId: ProjectId,
): Promise<readonly ApiKey[]> {
  return selectApiKeys(ctx.db, projectId, keysMax);
}

/** A key or token of any kind; `undefined` when the project has none by that id. */
export async function readApiKey(
  ctx: Pick<Context, "db">,
  projectId: ProjectId,
  id: ApiKeyId,
): Promise<ApiKey | undefined> {
  return findApiKey(ctx.db, projectId, id);
}
