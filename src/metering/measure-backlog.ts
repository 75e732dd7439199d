import type { Context } from "../platform/context.js";
import { selectBacklog } from "./store/lanes.js";

export interface UsageBacklog {
  /** How long the oldest accepted batch has been waiting; 0 when none is. */
  readonly oldestSeconds: number;
  /** Batches that could not be applied. */
  readonly quarantined: number;
}

/** For operators, over all projects. */
export async function measureBacklog(ctx: Pick<Context, "db">): Promise<UsageBacklog> {
  const { lagMs, quarantined } = await selectBacklog(ctx.db);
  return { oldestSeconds: Math.max(0, ...lagMs.values()) / 1_000, quarantined };
}
