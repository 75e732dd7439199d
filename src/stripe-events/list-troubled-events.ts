import type { Context } from "../platform/context.js";
import { selectTroubled, type TroubledEvent } from "./store.js";

export type { TroubledEvent } from "./store.js";

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
