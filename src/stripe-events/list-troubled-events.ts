import type { ProjectId } from "../kernel/ids.js";
import type { Context } from "../platform/context.js";
import {
  type GivenUpEvent,
  selectTroubled,
  selectTroubledOf,
  type TroubledEvent,
} from "./store.js";

export type { GivenUpEvent, TroubledEvent } from "./store.js";

/** For operators, over all projects: the failed ones first, the newest of each first, at most `limit` of each. */
export async function listTroubledEvents(
  ctx: Pick<Context, "db">,
  { limit }: { readonly limit: number },
): Promise<readonly TroubledEvent[]> {
  const [failed, unhandled] = await Promise.all([
    selectTroubled(ctx.db, "failed", limit),
    selectTroubled(ctx.db, "unhandled", limit),
  ]);
  return [...failed, ...unhandled];
}

/** Those of one project by the order of their ids, the newest first. */
export function pageTroubledEvents(
  { db }: Pick<Context, "db">,
  projectId: ProjectId,
  page: { readonly idBefore: string | undefined; readonly limit: number },
): Promise<readonly GivenUpEvent[]> {
  return selectTroubledOf(db, projectId, page);
}
