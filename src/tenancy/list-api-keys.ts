import type { ProjectId } from "../kernel/ids.js";
import type { Context } from "../platform/context.js";
import type { ApiKey } from "./rules.js";
import { selectApiKeys } from "./store.js";

const keysMax = 1_000;

/** All keys of a project, oldest first, revoked ones included. */
export async function listApiKeys(
  ctx: Pick<Context, "db">,
  projectId: ProjectId,
): Promise<readonly ApiKey[]> {
  return selectApiKeys(ctx.db, projectId, keysMax);
}
