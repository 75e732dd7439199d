import type { ProjectId } from "../kernel/ids.js";
import type { Context } from "../platform/context.js";
import { type Arrival, selectNewestEvents } from "./store.js";

export type { Arrival } from "./store.js";

const lookedAtMax = 200;

/** The newest event of a project, or `undefined` when none ever came. */
export async function readLastArrival(
  ctx: Pick<Context, "db">,
  projectId: ProjectId,
): Promise<Arrival | undefined> {
  return (await selectNewestEvents(ctx.db, projectId, 1))[0];
}

/** Among the newest 200 events of a project, the one of that type about that object. */
export async function findArrival(
  ctx: Pick<Context, "db">,
  projectId: ProjectId,
  about: { readonly type: string; readonly objectId: string },
): Promise<Arrival | undefined> {
  const newest = await selectNewestEvents(ctx.db, projectId, lookedAtMax);
  return newest.find(({ type, objectId }) => type === about.type && objectId === about.objectId);
}
